"""Deliveries that nobody could digest are listed with their client, and taken up again by their name."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.__main__ import main
from bot.clock import SystemClock
from bot.opening import open_office
from bot.settings import load_settings
from handlers.tenant_inbox import drain_tenant, keep_for_tenant
from tests.handlers.forge_desk import Told


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample clients, and one delivery to Contoso of which nothing could be made."""
    monkeypatch.setenv("RINGMASTER_DATA_DIR", str(tmp_path / "d"))
    assert main(["init", "--sample"]) == 0
    with open_office(load_settings(data_dir=tmp_path / "d"), SystemClock(), lock=True) as opened:
        told = Told(delivery_id="d-1", event_type="deployment", content=b"{}")
        keep_for_tenant(opened.office, "contoso", "github", told, b"{}", opened.office.now())
        assert drain_tenant(opened.office, "contoso").parked == 1
    return tmp_path / "d"


def test_a_parked_delivery_is_listed_with_its_client_and_the_reason(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["parked"]) == 0

    assert "contoso  delivery github d-1: ValidationError" in capsys.readouterr().out


def test_a_parked_delivery_is_taken_up_again_at_its_own_client_and_once(data: Path) -> None:
    assert main(["parked", "--retry", "fabrikam", "github d-1"]) == 2
    assert main(["parked", "--retry", "contoso", "github d-1"]) == 0
    assert main(["parked", "--retry", "contoso", "github d-1"]) == 2
