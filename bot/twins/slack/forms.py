"""What people do with a modal: send it and see what the bot answers, or close it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from bot.twins.slack import modals, payloads
from bot.twins.slack.acts import interaction, top_modal
from bot.twins.slack.answers import NoSuchThing, SlackError
from bot.twins.slack.checks import check_view
from bot.twins.slack.courier import Outcome
from bot.twins.slack.fake import FakeSlack
from bot.twins.slack.filling import state_of
from bot.twins.slack.model import Modal, Person
from bot.twins.slack.signing import HONEST
from bot.twins.slack.wire import Close, Submit

TROUBLE: Final = "the person reads: We had some trouble connecting. Try again?"


async def submit(fake: FakeSlack, act: Submit) -> Outcome:
    """Send the open view; the answer closes it, marks its fields, or puts another in its place."""
    person = fake.workspace.person(act.person)
    modal = top_modal(fake, person)
    if modal.view.get("submit") is None:
        raise NoSuchThing("this modal has nothing to send")
    values = state_of(modal.view["blocks"], act.values, complete=True)
    outcome = await interaction(fake, payloads.submission(fake, person, modal, values), act.tamper)
    if act.tamper != HONEST:
        return outcome
    if not outcome.taken:
        return msgspec.structs.replace(outcome, problem=f"{outcome.problem}: {TROUBLE}")
    try:
        _obey(fake, person, modal, outcome)
    except SlackError as error:
        words = "; ".join((error.word, *error.details))
        return msgspec.structs.replace(outcome, problem=f"{words}: {TROUBLE}")
    return outcome


def _obey(fake: FakeSlack, person: Person, modal: Modal, outcome: Outcome) -> None:
    if not outcome.body.strip():
        _drop(fake, modal)
        return
    try:
        body = msgspec.json.decode(outcome.body)
    except msgspec.DecodeError:
        raise SlackError("the answer is no JSON") from None
    if not isinstance(body, dict):
        raise SlackError("the answer is no object")
    match body.get("response_action"):
        case None:
            _drop(fake, modal)
        case "clear":
            fake.modals.pop(person.id, None)
        case "errors":
            modal.errors = _errors(modal, body.get("errors"))
        case "update":
            modals.replace(fake, modal, check_view(body.get("view")))
        case "push":
            modals.put(fake, person.id, check_view(body.get("view")), on_top_of=modal)
        case other:
            raise SlackError(f"unknown response_action {other!r}")


def _errors(modal: Modal, errors: Any) -> dict[str, str]:
    """By block id, and only for blocks that have a field."""
    fields = {block["block_id"] for block in modal.view["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        raise SlackError("errors must name at least one field")
    for name, text in errors.items():
        if name not in fields or not isinstance(text, str) or not text:
            raise SlackError(f"errors name {name!r}, which is no input block of this view")
    return errors


def _drop(fake: FakeSlack, modal: Modal) -> None:
    stack = fake.modals.get(modal.user_id, [])
    fake.modals[modal.user_id] = [each for each in stack if each.id != modal.id]


async def close(fake: FakeSlack, act: Close) -> Outcome:
    """Close the top view, or all of them; the bot hears of it only if it asked to."""
    person = fake.workspace.person(act.person)
    modal = top_modal(fake, person)
    everything = act.all_views or bool(modal.view.get("clear_on_close"))
    payload = payloads.closing(fake, person, modal, cleared=everything)
    if everything:
        fake.modals.pop(person.id, None)
    else:
        _drop(fake, modal)
    if modal.view.get("notify_on_close"):
        return await interaction(fake, payload, HONEST)
    return Outcome(delivery="", status=0, body="", elapsed_ms=0, problem="not for the bot")
