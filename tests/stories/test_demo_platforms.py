"""The same story with its people in Slack and in Teams: it ends well, and as checked, on either platform."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.demo_runs import play, said

STEPS = {
    "slack": (
        "Dana in #contoso: /ring bind contoso",
        "Card in #contoso:",
        "| Push: ",
        "Mia in #contoso presses [Approve]",
        "You may not decide",
        "Sam in dm: waiting",
        "Lee in #staff: /ring stop contoso smells wrong",
        "Dana in dm presses [I have it]",
        "Sam in #fabrikam presses [Take it off]",
        "You asked for this, so somebody else must decide",
        "> (form) Reject: why?",
        "reason: Two servers are in the middle of a move",
    ),
    "teams": (
        "Dana in Contoso/general: @Ringmaster bind contoso",
        "Card in Contoso/general:",
        "| Push: ",
        "Mia in Contoso/general presses [Approve]",
        "You may not decide",
        "Sam in the chat with the bot: waiting",
        "Sam in Contoso/general presses [Back]",
        "Lee in Operations/general: @Ringmaster stop contoso smells wrong",
        "presses [I have it] (an old client: Action.Submit)",
        "Sam in Fabrikam/general presses [Take it off]",
        "You asked for this, so somebody else must decide",
        "reason: Two servers are in the middle of a move",
    ),
}
PLATFORMS = tuple(STEPS)


@pytest.mark.parametrize("surface", PLATFORMS)
def test_the_story_ends_well_there_and_tells_each_step(surface: str, tmp_path: Path) -> None:
    run = play(tmp_path / "data", "--seed", "1", "--surface", surface)
    assert run.code == 0, said(run)
    assert run.last.startswith("All checks passed: 2 clients, ")
    assert f"deliveries from {surface}" in run.last
    assert run.err == ""
    assert [words for words in STEPS[surface] if words not in run.out] == []


@pytest.mark.long
@pytest.mark.parametrize("surface", PLATFORMS)
def test_the_same_seed_tells_the_same_story_there(surface: str, tmp_path: Path) -> None:
    first, again = (play(tmp_path / name, "--seed", "2", "--surface", surface) for name in ("one", "two"))
    assert first.lines == again.lines


@pytest.mark.long
@pytest.mark.parametrize(("surface", "name"), [("slack", "halt"), ("teams", "approval")])
def test_a_broken_promise_is_named_there_too(surface: str, name: str, tmp_path: Path) -> None:
    run = play(tmp_path / "data", "--surface", surface, "--sabotage", name)
    assert run.code == 1, said(run)
    assert run.last.startswith(f"FAULT {name}: "), said(run)


@pytest.mark.soak
@pytest.mark.parametrize("surface", PLATFORMS)
@pytest.mark.parametrize("seed", range(3, 9))
def test_every_seed_ends_well_there(surface: str, seed: int, tmp_path: Path) -> None:
    run = play(tmp_path / "data", "--seed", str(seed), "--surface", surface)
    assert run.code == 0, said(run)


def test_an_unknown_platform_is_wrong_use(tmp_path: Path) -> None:
    assert play(tmp_path / "data", "--surface", "pager").code == 2
