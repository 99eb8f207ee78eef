"""The frame of the command line: one list of verbs, exit codes, sentences instead of traces."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.cli.entry import VERBS, Verb
from bot.core.errors import Broken, OutsideFailed, Refused
from bot.settings import BadSettings
from store.errors import AlreadyRunning, KeyUnavailable, StoreUnavailable

ROOT = Path(__file__).resolve().parents[3]
Run = Callable[[argparse.Namespace], int]


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], None]:
    """Puts a verb `probe` of our own on the list."""

    def put(run: Run) -> None:
        module = types.ModuleType("probe_verb")
        module.__dict__.update(add_arguments=lambda parser: None, run=run)
        monkeypatch.setitem(sys.modules, "probe_verb", module)
        probe = Verb("probe", "probe_verb", "for tests")
        monkeypatch.setattr(sys.modules["bot.__main__"], "VERBS", (probe,))

    return put


@pytest.mark.parametrize("each", VERBS, ids=lambda verb: verb.name)
def test_every_verb_of_the_list_has_options_and_a_run(each: Verb) -> None:
    if importlib.util.find_spec(each.module) is None:
        pytest.skip(f"{each.name} is not written yet")
    module = importlib.import_module(each.module)
    module.add_arguments(argparse.ArgumentParser())
    assert callable(module.run)
    assert module.__doc__


def test_no_verb_is_listed_twice() -> None:
    assert len({verb.name for verb in VERBS}) == len({verb.module for verb in VERBS}) == len(VERBS)


def test_without_a_verb_the_list_is_shown_as_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    shown = capsys.readouterr().err
    assert all(verb.name in shown and verb.summary in shown for verb in VERBS)


@pytest.mark.parametrize("word", ["-h", "--help", "help"])
def test_help_shows_the_list_and_is_well(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word]) == 0
    assert "verify" in capsys.readouterr().out


@pytest.mark.parametrize(("typed", "meant"), [("verfy", "verify"), ("Replay", "replay"), ("tokn", "token")])
def test_a_mistyped_verb_gets_the_nearest_right_one(
    typed: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([typed]) == 2
    assert capsys.readouterr().err == f"There is no verb {typed!r}. Did you mean {meant}?\n"


def test_a_verb_like_no_other_gets_the_whole_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["xyzzy"]) == 2
    assert "There are serve, demo, init," in capsys.readouterr().err


def test_wrong_options_end_with_2_and_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--smaple"]) == 2
    assert "--smaple" in capsys.readouterr().err


def test_help_of_one_verb_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--help"]) == 0
    assert "--tenant" in capsys.readouterr().out


def test_an_interrupt_ends_with_130_and_no_trace(
    verb: Callable[[Run], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def run(args: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    verb(run)
    assert main(["probe"]) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Refused("Nobody is called 'eve'."), 2),
        (BadSettings(["one", "two"]), 2),
        (AlreadyRunning("data is in use by process 7"), 2),
        (KeyUnavailable("contoso"), 2),
        (StoreUnavailable("house.db: database is locked"), 1),
        (Broken("entry 7 holds another content"), 1),
        (OutsideFailed("the RMM said no"), 1),
        (OSError(98, "address already in use"), 2),
    ],
)
def test_what_is_expected_to_go_wrong_is_a_sentence_with_its_exit_code(
    fault: Exception, code: int, verb: Callable[[Run], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def run(args: argparse.Namespace) -> int:
        raise fault

    verb(run)
    assert main(["probe"]) == code
    told = capsys.readouterr().err.splitlines()
    assert told == [f"probe: {line}" for line in str(fault).splitlines()]


def test_what_nobody_expected_keeps_its_trace(verb: Callable[[Run], None]) -> None:
    def run(args: argparse.Namespace) -> int:
        raise ZeroDivisionError

    verb(run)
    with pytest.raises(ZeroDivisionError):
        main(["probe"])


def test_all_mistakes_of_the_configuration_are_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RINGMASTER_PORT", "many")
    monkeypatch.setenv("RINGMASTER_POTR", "1")
    assert main(["init", "--data-dir", str(tmp_path / "data")]) == 2
    told = capsys.readouterr().err
    assert "RINGMASTER_PORT: port" in told
    assert "RINGMASTER_POTR: unknown" in told
    assert not (tmp_path / "data").exists()


def test_a_verb_pays_only_for_what_it_imports_itself() -> None:
    script = (
        "import sys; from bot.__main__ import main; main(['--help']); "
        "print(sorted(name for name in sys.modules if name.split('.')[0] in "
        "('store', 'handlers', 'cards', 'aiohttp', 'sqlalchemy') or name.startswith('bot.cli.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "['bot.cli.entry']"


def test_the_program_starts_as_a_module_and_passes_its_exit_code_on() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "verfy"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "There is no verb 'verfy'. Did you mean verify?\n"
