"""A missing key, a locked file, a full disk: said in a sentence, the others go on, and so does all after."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from store.files import tenant_path
from tests.bot.runner.runner_bench import Bench, FakeRmm, open_bench


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Two clients, each with a rollout that waits for a yes."""
    async with open_bench(tmp_path) as made:
        made.plan(["c1"], tenant="contoso")
        made.plan(["f1"], tenant="fabrikam")
        await made.tick()
        yield made


def installs(bench: Bench) -> list[str]:
    assert isinstance(bench.rmm, FakeRmm)
    return bench.rmm.installs()


@contextmanager
def without_key(bench: Bench, tenant: str) -> Iterator[None]:
    """The tenant's owner takes the key away, and gives it back."""
    path = bench.settings.key_file
    whole = path.read_bytes()
    file = json.loads(whole)
    del file["tenants"][tenant]
    _private(path, json.dumps(file).encode())
    yield
    _private(path, whole)


def _private(path: Path, content: bytes) -> None:
    side = path.with_name("side")
    side.write_bytes(content)
    side.chmod(0o600)
    side.replace(path)


@contextmanager
def locked(bench: Bench, tenant: str) -> Iterator[None]:
    """Another program holds the write lock of one file."""
    other = sqlite3.connect(tenant_path(bench.settings.data_dir, tenant), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


async def test_a_client_without_its_key_is_suspended_and_the_others_go_on(bench: Bench) -> None:
    yes = await bench.button("approve")
    with without_key(bench, "contoso"):
        bench.vote(tenant="fabrikam")
        told = await bench.click(yes)
        await bench.until(lambda: bench.status("fabrikam") == "completed")
        await bench.tick()
        missing = bench.app.ready()
        (post,) = await bench.app.backend.posts("dana", "contoso", 10)

    assert "suspended" in told
    assert "suspended" in post.card.title
    assert "keys" in missing
    assert installs(bench) == ["f1"]
    assert bench.status("contoso") == "awaiting-approval"


async def test_a_client_whose_key_is_back_goes_on_by_itself(bench: Bench) -> None:
    yes = await bench.button("approve")
    await bench.click(yes)
    with without_key(bench, "contoso"):
        await bench.tick()
    await bench.until(lambda: bench.status("contoso") == "completed")
    await bench.tick()

    assert bench.app.ready() == ()
    assert installs(bench) == ["c1"]
    bench.whole()


async def test_nothing_starts_for_a_client_whose_key_went_after_the_yes(bench: Bench) -> None:
    await bench.click(await bench.button("approve"))
    bench.vote(tenant="fabrikam")
    with without_key(bench, "contoso"):
        await bench.until(lambda: bench.status("fabrikam") == "completed")
        started = installs(bench)

    assert started == ["f1"]


async def test_a_locked_file_is_said_and_stops_one_client_only(bench: Bench) -> None:
    yes = await bench.button("approve")
    with locked(bench, "contoso"):
        told = await bench.click(yes)
        bench.vote(tenant="fabrikam")
        await bench.tick()
    await bench.click(yes, id="c2")
    await bench.until(lambda: bench.status("contoso") == bench.status("fabrikam") == "completed")

    assert "nothing was done" in told
    assert sorted(installs(bench)) == ["c1", "f1"]
    bench.whole()


async def test_a_locked_house_is_not_ready_and_is_again(bench: Bench) -> None:
    with locked(bench, "house"):
        await bench.tick()
        missing = bench.app.ready()
    await bench.tick()

    assert "store" in missing
    assert bench.app.ready() == ()
    bench.whole()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of eight megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("a small disk can only be made by root on Linux")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """A file that takes all the room there is."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return ballast


async def test_a_full_disk_is_said_and_goes_on_when_there_is_room(small_disk: Path) -> None:
    async with open_bench(small_disk) as bench:
        bench.plan(["c1"])
        await bench.tick()
        yes = await bench.button("approve")
        ballast = fill(small_disk)
        told = await bench.click(yes)
        await bench.tick()
        missing, before = bench.app.ready(), bench.status()
        ballast.unlink()
        await bench.click(yes, id="c2")
        await bench.until(lambda: bench.status() == "completed")
        await bench.tick()

        assert "nothing was done" in told
        assert "store" in missing
        assert before == "awaiting-approval"
        assert bench.app.ready() == ()
        assert installs(bench) == ["c1"]
        bench.whole()
