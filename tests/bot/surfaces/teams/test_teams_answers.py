"""An answer is no copy of a card: what is pressed on it is pressed on nothing that would be redrawn."""

from __future__ import annotations

from typing import Any

import pytest

from bot.surfaces.port import Outcome
from cards.model import Card, Form, TextField, answer, button, line
from tests.bot.surfaces.teams.teams_town import BOT_ID, CHAT, VALUE, Json, Town

APPROVE = button("Approve", "approve", VALUE, style="primary")
CAREFUL = button("Stop", "stop", VALUE, style="danger", confirm="Stop it everywhere?")
WAITING = Card(push="1 waits", title="1 waits for you.", key="", buttons=(APPROVE, CAREFUL))
FORM = Form(title="Why?", fields=(TextField(name="reason", label="Reason"),), submit=APPROVE)
NOW = Card(push="approved", title="Approved by Dana", key="gate1", buttons=(CAREFUL,))


def pressable(card: Json) -> list[Json]:
    """The data of every button that can be pressed, also behind a question and for old clients."""
    found = []
    for action in card["actions"]:
        inner = action["card"]["actions"] if "card" in action else [action]
        found += [each["data"] for one in inner for each in (one, one["fallback"])]
    return found


async def answered(town: Town, outcome: Outcome) -> Json:
    """The card of the answer to a line that somebody typed to the bot alone."""
    town.desk.outcome = outcome
    await town.deliver(town.words("waiting", personal=True))
    await town.settled()
    card: Json = town.service.posts()[-1].body["attachments"][0]["content"]
    return card


@pytest.mark.parametrize("said", [WAITING, FORM])
async def test_a_button_of_an_answer_reaches_the_desk_as_on_no_copy(town: Town, said: Card | Form) -> None:
    card = await answered(town, Outcome(answer=said))
    for data in pressable(card):
        await town.invoke(town.click(data=data))
        await town.deliver(town.submit(value=data))
    assert {(click.message_id, click.value, click.fields) for click in town.desk.clicked} == {("", VALUE, ())}


async def test_a_button_of_a_card_reaches_the_desk_as_on_that_copy(town: Town) -> None:
    await town.invoke(town.click())
    assert town.desk.clicked[0].message_id


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(answer=None, accepted=True, current=NOW),
        Outcome(answer=answer("Not you.", line("Dana may.")), back=VALUE),
        Outcome(answer=FORM, back=VALUE),
    ],
)
async def test_what_takes_the_place_of_an_answer_is_one_still(town: Town, outcome: Outcome) -> None:
    [data, *_] = pressable(await answered(town, Outcome(answer=WAITING)))
    town.desk.outcome = outcome
    body = await town.invoke(town.click(data=data))
    for again in pressable(body["value"]):
        await town.invoke(town.click(data=again))
    assert {click.message_id for click in town.desk.clicked} == {""}


async def test_what_takes_the_place_of_a_card_is_that_copy_still(town: Town) -> None:
    town.desk.outcome = Outcome(answer=FORM, back=VALUE)
    body = await town.invoke(town.click())
    for data in pressable(body["value"]):
        await town.invoke(town.click(data=data))
    assert all(click.message_id for click in town.desk.clicked)


async def test_an_accepted_submit_on_an_answer_is_answered_because_no_card_changes(town: Town) -> None:
    [data, *_] = pressable(await answered(town, Outcome(answer=WAITING)))
    town.desk.outcome = Outcome(answer=answer("Approved by you."), accepted=True, current=NOW)
    where: Any = {"conversationType": "personal", "id": CHAT}
    await town.deliver(town.submit(value=data, conversation=where, recipient={"id": BOT_ID}))
    await town.settled()
    assert town.service.posts()[-1].body["summary"] == "Approved by you."
