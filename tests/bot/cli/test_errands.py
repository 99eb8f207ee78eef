"""What an administrator changes: by a running bot over its socket, else under the lock."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.clock import SystemClock
from bot.control import SOCKET, open_control
from bot.core.ports import OutboxItem
from bot.core.tenants import Mode
from bot.opening import Opened, open_office
from bot.settings import load_settings

POLICY = Path(__file__).resolve().parents[3] / "manifest" / "templates" / "policy-standard.toml"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with the sample clients."""
    monkeypatch.setenv("RINGMASTER_DATA_DIR", str(tmp_path / "d"))
    assert main(["init", "--sample"]) == 0
    return tmp_path / "d"


@pytest.fixture
async def running(data: Path) -> AsyncIterator[Opened]:
    """A bot that holds the lock and listens on its socket."""

    async def here(function: Any, *args: Any) -> Any:
        return function(*args)

    with open_office(load_settings(data_dir=data), SystemClock(), lock=True) as opened:
        control = await open_control(opened, here, data)
        yield opened
        await control.cleanup()


async def said(*words: str) -> int:
    return await asyncio.to_thread(main, list(words))


async def test_a_running_bot_makes_the_token_that_the_command_line_asks_for(
    running: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await said("token", "dana") == 0

    assert "rmt_" in capsys.readouterr().out
    assert running.office.directory().people["dana"].token_digest


async def test_only_the_owner_of_the_data_may_use_the_socket(running: Opened, data: Path) -> None:
    assert stat.S_IMODE((data / SOCKET).stat().st_mode) == 0o600


async def test_a_mode_is_changed_under_the_running_bot_and_named_modes_only(
    running: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await said("tenant", "contoso", "--mode", "shadow") == 0
    known = running.office.tenant("contoso")
    assert known is not None
    assert known.mode is Mode.SHADOW

    assert await said("tenant", "contoso", "--mode", "alive") == 2
    assert "read-only, shadow, live" in capsys.readouterr().err


def test_a_policy_is_replaced_whole_and_every_mistake_is_listed(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(
        POLICY.read_text().replace("Europe/Berlin", "Mars/Base").replace("quorum = 1", "quorum = 0")
    )

    assert main(["tenant", "contoso", "--policy", str(wrong)]) == 2
    told = capsys.readouterr().err
    assert "zone" in told
    assert "quorum" in told

    assert main(["tenant", "contoso", "--policy", str(POLICY)]) == 0
    with open_office(load_settings(data_dir=data), SystemClock(), lock=False) as opened:
        known = opened.office.tenant("contoso")
    assert known is not None
    assert known.policy_version == 2


def test_what_is_parked_is_listed_and_taken_up_again_by_its_key(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = SystemClock()
    with open_office(load_settings(data_dir=data), clock, lock=True) as opened:
        store = opened.store
        item = OutboxItem(key="k1", lane="l", priority=1, kind="Act", payload=b"{}", not_before=clock.now())
        with store.begin("contoso") as uow:
            uow.enqueue([item])
            uow.commit()
        (leased,) = store.claim("contoso", now=clock.now(), owner="w", lease_seconds=60, limit=1)
        assert store.park("contoso", "k1", leased.fence, error="gave up")

    assert main(["parked"]) == 0
    assert "contoso  k1  given up: gave up" in capsys.readouterr().out
    assert main(["parked", "--retry", "contoso", "k1"]) == 0
    assert main(["parked", "--retry", "contoso", "k1"]) == 2
    assert main(["parked"]) == 0
    assert "Nothing is parked." in capsys.readouterr().out


def test_an_unknown_client_is_refused_with_the_nearest_name(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tenant", "contso", "--mode", "live"]) == 2
    assert "contoso" in capsys.readouterr().err
