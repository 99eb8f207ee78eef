"""Who may decide, the same wherever they are: told in one answer, and nothing moves for anybody else."""

from __future__ import annotations

import asyncio

import pytest

from bot.twins.teams.orders import Receipt
from tests.builders import rules
from tests.stories.chats.square import (
    GATE,
    GUEST,
    PLATFORMS,
    STRANGER,
    UNLINKED,
    Pressable,
    Square,
    button_of,
    read,
)


async def yes_of(square: Square, surface: str, tenant: str = "contoso") -> Pressable:
    """The approve button as everybody in the client's channel sees it."""
    return button_of(await square.person("sam", surface).card(tenant, GATE), "approve")


async def test_a_viewer_is_told_who_may_and_it_is_recorded(square: Square, surface: str) -> None:
    told = read(await square.person("mia", surface).presses("contoso", GATE, "approve"))

    assert "You may not decide 7K2" in told
    assert square.untouched()
    assert square.refusals() == ["not-entitled"]


async def test_who_asked_for_it_may_not_decide_it(tmp_square: Square, surface: str) -> None:
    square = tmp_square
    await square.plan(requester="dana", rules=rules(roles=("lead",), not_requester=True))

    told = read(await square.person("dana", surface).presses("contoso", GATE, "approve"))
    assert "somebody else must decide" in told
    assert square.untouched()


async def test_who_lost_their_role_after_the_card_was_sent_is_told_so(square: Square, surface: str) -> None:
    yes = await yes_of(square, surface)
    square.roles_of("dana")

    told = read(await square.person("dana", surface).clicks("contoso", yes))
    assert "You may not decide" in told or "no role" in told
    assert square.untouched()


async def test_a_value_that_was_altered_is_refused(square: Square, surface: str) -> None:
    yes = await yes_of(square, surface)
    altered = yes.value[:-1] + ("0" if yes.value[-1] != "0" else "1")

    told = read(await square.person("dana", surface).clicks("contoso", yes, forged=altered))
    assert "not made by this bot" in told
    assert square.untouched()


async def test_an_answer_that_was_not_offered_is_refused(square: Square, surface: str) -> None:
    yes = await yes_of(square, surface)
    altered = yes.value.replace(".approve.", ".go-on.")

    told = read(await square.person("dana", surface).clicks("contoso", yes, forged=altered))
    assert "not made by this bot" in told
    assert square.untouched()


async def test_a_value_that_is_nonsense_is_refused_in_words(square: Square, surface: str) -> None:
    yes = await yes_of(square, surface)

    assert read(await square.person("dana", surface).clicks("contoso", yes, forged="yes please"))
    assert square.untouched()


async def test_another_clients_button_does_nothing_here_and_still_works_at_home(
    square: Square, surface: str
) -> None:
    dana = square.person("dana", surface)
    await square.plan("fabrikam")
    here = await yes_of(square, surface)
    foreign = button_of(await dana.card("fabrikam", GATE), "approve")

    told = read(await dana.clicks("contoso", here, forged=foreign.value))
    assert "not made by this bot" in told
    assert "abrikam" not in told
    assert square.untouched()
    assert square.votes("fabrikam") == []
    await dana.presses("fabrikam", GATE, "approve")
    assert square.votes("fabrikam") == [("dana", "approve")]


async def test_a_value_of_the_channel_may_be_pressed_in_ones_own_messages(
    square: Square, surface: str
) -> None:
    """A card that somebody passes on: there it is the person's own, with the person's own rights."""
    sam, mia = square.person("sam", surface), square.person("mia", surface)
    yes = await yes_of(square, surface)
    for person, place in ((mia, "dm-mia"), (sam, "dm-sam")):
        waiting = await person.types(place, "status contoso")
        await person.clicks(place, button_of(waiting, "details"), forged=yes.value)

    assert square.votes() == [("sam", "approve")]


async def test_one_human_is_one_vote_on_all_surfaces(town_square: Square) -> None:
    square = town_square
    await square.plan(rules=rules(roles=("lead",), quorum=2))
    first = read(await square.person("dana", "slack").presses("contoso", GATE, "approve"))
    again = read(await square.person("dana", "teams").presses("contoso", GATE, "approve"))
    typed = read(await square.person("dana", "console").types("contoso", "approve 7K2"))

    assert "Needs 1 more of Sam, Lee; yes from Dana" in first
    assert ["is counted already" in told for told in (again, typed)] == [True, True]
    assert square.votes() == [("dana", "approve")]
    assert square.bench.gate().status == "open"
    await square.person("sam", "console").presses("contoso", GATE, "approve")
    assert square.decided() == ["approved"]


@pytest.mark.parametrize("other", PLATFORMS)
async def test_who_asked_on_one_platform_may_not_decide_on_the_other(town_square: Square, other: str) -> None:
    square = town_square
    await square.plan(requester="dana", rules=rules(roles=("lead",), not_requester=True))

    told = read(await square.person("dana", other).presses("contoso", GATE, "approve"))
    assert "somebody else must decide" in told
    assert square.untouched()


# --- accounts ---


@pytest.mark.parametrize(
    ("account", "words"),
    [
        pytest.param(UNLINKED, "I do not know whose account this is", id="nobody's account"),
        pytest.param(GUEST, "You are a guest here", id="a guest"),
        pytest.param(STRANGER, "You are of another organisation here", id="another organisation"),
    ],
)
async def test_accounts_that_are_not_the_houses_own_are_told_so(
    square: Square, platform: str, account: str, words: str
) -> None:
    somebody = square.person(account, platform)
    pressed = read(await somebody.presses("contoso", GATE, "approve"))
    typed = read(await somebody.types("contoso", "approve 7K2"))

    assert words in pressed
    assert words in typed
    assert "7K2" not in pressed + typed
    assert square.untouched()


async def test_a_channel_that_is_nobodys_says_how_it_becomes_somebodys(square: Square, platform: str) -> None:
    told = read(await square.person("dana", platform).types("elsewhere", "approve 7K2"))

    assert "belongs to no client yet" in told
    assert "ontoso" not in told
    assert square.untouched()


async def test_a_viewer_may_not_say_whose_a_channel_is(square: Square, platform: str) -> None:
    told = read(await square.person("mia", platform).types("elsewhere", "bind contoso"))

    assert "A lead can type" in told
    assert not square.hangs_in(platform, "elsewhere")


async def test_a_channel_that_is_bound_shows_what_is_open(square: Square, platform: str) -> None:
    dana = square.person("dana", platform)
    read(await dana.types("elsewhere", "bind contoso"))
    await square.settled()

    await dana.presses("elsewhere", GATE, "approve")
    assert square.votes() == [("dana", "approve")]
    assert "Approved" in (await square.person("sam", platform).card("contoso", GATE)).text


async def test_a_bound_channel_is_not_taken_from_its_client(square: Square, platform: str) -> None:
    told = read(await square.person("dana", platform).types("contoso", "bind fabrikam"))

    assert "No client 'fabrikam' here" in told
    assert square.hangs_in(platform, "contoso") == "contoso"


async def test_the_bots_own_messages_in_slack_are_not_answered(tmp_slack: Square) -> None:
    square, stage = tmp_slack, tmp_slack.slack()
    await square.person("dana", "slack").types("dm-dana", "waiting")
    dm = stage.fake.workspace.dm(stage.fake.workspace.person("dana"))
    count, own = len(dm.messages), dm.messages[-1]

    outcome = await stage.people.slack.echo(dm.id, own.ts)
    await square.app.chat.settle()
    assert (outcome.status, len(dm.messages)) == (200, count)


async def test_the_words_of_another_bot_in_teams_are_not_answered(tmp_teams: Square) -> None:
    square, stage = tmp_teams, tmp_teams.teams()
    count = len(stage.fake.world.messages)
    bot = {"from": {"id": f"28:{stage.fake.options.app_id}", "name": "Ringmaster", "aadObjectId": None}}

    receipt: Receipt = await stage.people.driver.mention(
        "dana", "Contoso/general", "approve 7K2", changes=bot
    )
    await square.app.chat.settle()
    assert receipt.status == 200
    assert len(stage.fake.world.messages) == count + 1
    assert square.untouched()


async def test_two_people_pressing_on_two_platforms_are_two_votes(town_square: Square) -> None:
    square = town_square
    await square.plan(rules=rules(roles=("lead",), quorum=2))
    await asyncio.gather(
        square.person("dana", "slack").presses("contoso", GATE, "approve"),
        square.person("sam", "teams").presses("contoso", GATE, "approve"),
    )

    assert sorted(square.votes()) == [("dana", "approve"), ("sam", "approve")]
    assert square.decided() == ["approved"]
