"""One card in Slack, in Teams and on the console at once: whatever is decided anywhere is seen everywhere."""

from __future__ import annotations

import pytest

from tests.stories.chats.square import GATE, SURFACES, Square, button_of, read


@pytest.mark.parametrize("voting", SURFACES)
async def test_a_vote_on_one_surface_redraws_the_card_on_all(town_square: Square, voting: str) -> None:
    square = town_square
    await square.plan()
    for surface in SURFACES:
        yes = button_of(await square.person("lee", surface).card("contoso", GATE), "approve")
        assert yes.label == "Approve", surface

    await square.person("dana", voting).presses("contoso", GATE, "approve")
    await square.settled()
    for surface in SURFACES:
        card = await square.person("lee", surface).card("contoso", GATE)
        assert "Dana said yes" in card.text, surface
        assert not [one for one in card.buttons if one.verb == "approve"], surface


async def test_every_place_has_one_copy_and_none_is_another_clients(town_square: Square) -> None:
    square = town_square
    await square.plan()
    places = [copy.conversation for copy in square.bench.copies(GATE)]
    own = {"contoso", *(stage.conversation("contoso") for stage in square.stages.values())}

    assert len(set(places)) == len(places)
    assert own <= set(places)
    assert not [place for place in places if "dm-" not in place and "@" not in place and place not in own]


async def test_a_rejection_in_words_in_slack_is_read_in_teams(town_square: Square) -> None:
    square = town_square
    await square.plan()
    dana = square.person("dana", "slack")
    choices = await dana.presses("contoso", GATE, "reject")
    form = await dana.clicks("contoso", button_of(choices, "reject-words"))
    assert form is not None
    read(await dana.clicks("contoso", form.buttons[0], {"reason": "The line is down"}))
    await square.settled()

    assert "The line is down" in (await square.person("sam", "teams").card("contoso", GATE)).text


async def test_what_expires_is_seen_to_expire_everywhere(town_square: Square) -> None:
    square = town_square
    await square.plan()
    square.clock.advance(square.bench.gate().expires_at)
    await square.settled()

    for surface in SURFACES:
        assert "xpired" in (await square.person("lee", surface).card("contoso", GATE)).text, surface
