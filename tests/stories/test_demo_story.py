"""The demo as users start it: it ends well, tells the same story twice, and leaves a store that verifies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.stories.demo_runs import FEEDS, ROOT, Run, play, said


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Seed 1, played once for every test that only looks at it."""
    return play(tmp_path_factory.mktemp("demo") / "data", "--seed", "1")


def test_the_plain_demo_ends_with_0_and_says_that_all_checks_passed(first: Run) -> None:
    assert first.code == 0, said(first)
    assert first.last.startswith("All checks passed: 2 clients, ")
    assert first.err == ""


STEPS = (
    "Card in contoso:",
    "Mia in contoso presses [Approve]",
    "You may not decide",
    "Sam in contoso presses [Approve]",
    "RMM: install started",
    "stop contoso smells wrong",
    "resume contoso",
    "Dana in dm-dana presses [I have it]",
    "Sam in fabrikam presses [Take it off]",
    "RMM: uninstalled",
    "blocked: set changed since approval",
    "held: off",
    "You asked for this, so somebody else must decide",
    "Lee in contoso presses [Known problem]",
)


def test_the_transcript_tells_each_step(first: Run) -> None:
    assert [words for words in STEPS if words not in first.out] == []


def test_the_same_seed_tells_the_same_story(first: Run, tmp_path: Path) -> None:
    again = play(tmp_path / "data", "--seed", "1")
    assert again.lines == first.lines


def test_another_seed_draws_another_fleet_and_ends_well_too(first: Run, tmp_path: Path) -> None:
    other = play(tmp_path / "data", "--seed", "2")
    assert other.code == 0, said(other)
    assert other.lines[1:] != first.lines[1:]


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3, 13))
def test_every_seed_ends_well(seed: int, tmp_path: Path) -> None:
    run = play(tmp_path / "data", "--seed", str(seed))
    assert run.code == 0, said(run)


# --- the data directory ---


def test_the_store_of_the_demo_verifies_afterwards(first: Run) -> None:
    command = [sys.executable, "-m", "bot", "verify", "--data-dir", str(first.data_dir)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    assert first.out.splitlines()[0].startswith(f"Store: {first.data_dir} ")


def test_a_directory_that_is_not_empty_is_refused_with_2_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    run = play(tmp_path)
    assert run.code == 2
    assert "is not empty" in run.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_feed_that_is_not_there_is_refused_with_2(tmp_path: Path) -> None:
    run = play(tmp_path / "data", "--kev", str(tmp_path / "none.json"))
    assert (run.code, run.err) == (2, f"demo: there is no file {tmp_path / 'none.json'}\n")


# --- other feeds ---


def test_a_file_that_is_no_feed_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(bytes(range(256)) * 8)
    run = play(tmp_path / "data", "--patches", str(tmp_path / "rows.csv"))
    assert run.code == 1
    assert run.err.startswith("demo: rows.csv: "), run.err
    assert run.err.count("\n") == 1


NOBODY_HAS = (
    "DatePosted,CVE,BulletinKB,Title,AffectedProduct,AffectedComponent,Severity,Impact,Supersedes,Exploits\n"
    "20261110,CVE-2026-91001,5099911,Invented flaw,Windows Server 2025,Kernel,Critical,Elevation,,\n"
)


def test_patches_that_nobody_lacks_are_told_in_words_and_end_with_0(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text(NOBODY_HAS)
    run = play(tmp_path / "data", "--patches", str(rows))
    assert run.code == 0, said(run)
    assert "Nothing matches" in run.out


@pytest.mark.parametrize(
    ("kev", "patches"),
    [
        pytest.param("extract.json", "2024-08", id="2024-08"),
        pytest.param("extract.csv", "2026-05", id="2026-05", marks=pytest.mark.soak),
    ],
)
def test_real_feeds_end_with_0(kev: str, patches: str, tmp_path: Path) -> None:
    catalogue = FEEDS / "kev" / f"known_exploited_vulnerabilities.{kev}"
    rows = FEEDS / "patch-tuesday" / f"{patches}.kb-cve-product.csv"
    if not rows.exists():
        pytest.skip("the folder of real samples is not beside the repository")
    run = play(tmp_path / "data", "--kev", str(catalogue), "--patches", str(rows))
    assert run.code == 0, said(run)
