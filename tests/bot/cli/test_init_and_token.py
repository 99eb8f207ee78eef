"""A store is made once; a token is shown once, kept as a digest, and replaces the one before."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.clock import SystemClock
from bot.core.directory import Directory
from bot.opening import open_office
from bot.settings import load_settings


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory that is not there yet, named by the environment."""
    monkeypatch.setenv("RINGMASTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


def directory(data: Path) -> Directory:
    with open_office(load_settings(data_dir=data), SystemClock(), lock=False) as opened:
        return opened.office.directory()


def token_of(printed: str) -> str:
    (found,) = re.findall(r"^rmt_\S+$", printed, re.M)
    return str(found)


def test_init_makes_a_house_and_no_client(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    assert "made store of house" in capsys.readouterr().out
    assert sorted(path.name for path in data.rglob("*.db")) == ["house.db"]
    assert directory(data) == Directory()


def test_init_with_samples_makes_the_sample_clients(data: Path) -> None:
    assert main(["init", "--sample"]) == 0
    known = directory(data)
    assert {name: client.sample for name, client in known.clients.items()} == {
        "contoso": True,
        "fabrikam": True,
    }


def test_a_second_init_changes_nothing_and_says_so(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", "--sample"])
    before = {path: path.read_bytes() for path in data.rglob("*.db")}
    capsys.readouterr()
    assert main(["init", "--sample"]) == 0
    assert capsys.readouterr().out == f"{data} has all of this already; nothing was changed.\n"
    assert {path: path.read_bytes() for path in data.rglob("*.db")} == before


def test_samples_can_be_added_to_a_store_that_was_made_without_them(data: Path) -> None:
    assert main(["init"]) == 0
    assert main(["init", "--sample"]) == 0
    assert set(directory(data).clients) == {"contoso", "fabrikam"}


def test_the_data_directory_of_the_command_line_wins_and_takes_its_key_file_along(
    data: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    assert main(["init", "--data-dir", str(other)]) == 0
    assert (other / "house.db").exists()
    assert (tmp_path / "other.keys").exists()
    assert not data.exists()


def test_a_token_is_shown_once_and_kept_as_its_digest_only(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["init", "--sample"])
    capsys.readouterr()
    assert main(["token", "dana"]) == 0
    token = token_of(capsys.readouterr().out)
    assert directory(data).people["dana"].token_digest == sha256(token.encode()).hexdigest()
    assert [
        path for path in tmp_path.rglob("*") if path.is_file() and token.encode() in path.read_bytes()
    ] == []


def test_a_new_token_revokes_the_one_before(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", "--sample"])
    main(["token", "dana"])
    first = token_of(capsys.readouterr().out)
    assert main(["token", "dana"]) == 0
    printed = capsys.readouterr().out
    assert "The one before no longer works." in printed
    assert token_of(printed) != first
    assert directory(data).people["dana"].token_digest == sha256(token_of(printed).encode()).hexdigest()


def test_a_token_changes_nothing_else_about_a_person(data: Path) -> None:
    main(["init", "--sample"])
    main(["token", "sam"])
    sam = directory(data).people["sam"]
    assert (sam.name, sam.roles) == ("Sam", {"*": ("technician",)})


def test_a_token_for_nobody_names_the_nearest_person(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", "--sample"])
    capsys.readouterr()
    assert main(["token", "dna"]) == 2
    assert capsys.readouterr().err == "token: Nobody is called 'dna'. Did you mean dana?\n"


def test_a_token_without_a_store_says_how_to_make_one(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "dana"]) == 2
    assert "python -m bot init" in capsys.readouterr().err
    assert not (data / "house.db").exists()


def test_what_writes_is_refused_while_another_process_holds_the_store(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["init", "--sample"])
    with open_office(load_settings(), SystemClock(), lock=True):
        assert main(["token", "dana"]) == 2
        assert main(["init", "--sample"]) == 2
    told = capsys.readouterr().err
    assert "holds this data directory" in told
    assert "is in use by process" in told
