"""Buttons pressed and forms sent. Every click has one answer: a card that changes, a form, a sentence."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import msgspec
from slack_bolt import BoltResponse

from bot.core.envelope import Proof
from bot.surfaces.once import Once
from bot.surfaces.port import ChatClicked, ChatDesk, Outcome, Place
from bot.surfaces.slack import held as holding
from bot.surfaces.slack.desk import SafeDesk
from bot.surfaces.slack.drawing import in_modal, is_answer, sentence, zone_of
from bot.surfaces.slack.held import Held
from bot.surfaces.slack.inbound import Inbound, Origin, delivery_id, of_interaction
from bot.surfaces.slack.private import Private, Where
from bot.surfaces.slack.turn import Turn
from bot.surfaces.slack.wire import Action, ChannelRef, Click, Submission
from cards.blockkit_forms import field_errors, render_form
from cards.blockkit_state import read_state
from cards.model import Button, Card, Form

TAKEN: Final = "Taken. The card shows what came of it."
BACK: Final = "Back"
BACK_VERB: Final = "back"
NOT_OURS: Final = "This form cannot be read any more. Nothing was done: close it and press the button again."


class Clicks:
    """Listeners for what people press."""

    def __init__(self, *, desk: ChatDesk, inbound: Inbound, private: Private, once: Once) -> None:
        self._safe = SafeDesk(desk)
        self._inbound = inbound
        self._private = private
        self._once = once

    async def click(self, click: Click, turn: Turn) -> BoltResponse:
        """A button on a card or in a private answer."""
        action = next((action for action in click.actions if action.value), None)
        if action is None or click.channel is None or not click.container.message_ts:
            return BoltResponse(status=200)  # a menu or a link: nothing that we act on
        origin = of_interaction(click)
        clicked = await self._clicked(click, action, click.channel, origin, turn)
        outcome = await self._safe.click(clicked)
        if not outcome.kept or self._once.first(clicked.delivery_id):
            where = Where(
                channel=click.channel.id,
                user=click.user.id,
                response_url=click.response_url or "",
                replaces=_on_an_answer(click, action),
            )
            self._answer(click, where, clicked, outcome, turn)
        return BoltResponse(status=200)

    async def _clicked(
        self, click: Click, action: Action, channel: ChannelRef, origin: Origin, turn: Turn
    ) -> ChatClicked:
        hidden = _on_an_answer(click, action)
        named = (click.trigger_id, action.action_ts) if click.trigger_id else (turn.digest,)
        return ChatClicked(
            sender=await self._inbound.sender(origin),
            place=await self._inbound.place(origin, channel.id, channel.name or ""),
            proof=Proof.SLACK_SIGNATURE,
            message_id="" if hidden else f"{channel.id}:{click.container.message_ts}",
            value=action.value or "",
            delivery_id=delivery_id("click", origin.team, click.user.id, *named),
            received_at=turn.received_at,
        )

    def _answer(self, click: Click, where: Where, clicked: ChatClicked, outcome: Outcome, turn: Turn) -> None:
        """What the person is to see beside the card's own change, once the HTTP answer has left."""
        zone = zone_of(outcome.zone)
        if isinstance(outcome.answer, Form):
            held = _held(outcome.answer, clicked, where)
            typed = outcome.answer.typed
            trigger = click.trigger_id or ""
            turn.after.append(partial(self._private.open, trigger, outcome.answer, held, where, zone, typed))
        elif (card := _to_show(outcome, hidden=where.replaces)) is not None:
            turn.after.append(partial(self._private.show, where, card, zone))

    async def submission(self, submission: Submission, turn: Turn) -> BoltResponse:
        """A form that was filled in: the answer is in the modal itself."""
        held, origin = holding.read(submission.view.private_metadata), of_interaction(submission)
        if held is None or not await self._is_theirs(held, origin):
            return _modal_says(Outcome(answer=sentence(NOT_OURS)))
        view = submission.view
        named = submission.trigger_id or turn.digest
        clicked = ChatClicked(
            sender=await self._inbound.sender(origin),
            place=Place(conversation=held.conversation),
            proof=Proof.SLACK_SIGNATURE,
            message_id=held.message_id,
            value=held.value,
            fields=read_state(None, view.state),
            delivery_id=delivery_id("form", origin.team, origin.user, view.id, view.hash, named),
            received_at=turn.received_at,
        )
        outcome = await self._safe.click(clicked)
        if outcome.kept and not self._once.first(clicked.delivery_id):
            return BoltResponse(status=200)
        return self._form_answer(held, origin, outcome, turn)

    async def _is_theirs(self, held: Held, origin: Origin) -> bool:
        """Somebody's direct messages are written from by that account alone."""
        return ":@" not in held.conversation or held.conversation == await self._inbound.conversation(origin)

    def _form_answer(self, held: Held, origin: Origin, outcome: Outcome, turn: Turn) -> BoltResponse:
        if isinstance(outcome.answer, Form):
            return _form_again(outcome.answer, held, outcome)
        if not outcome.accepted:
            return _modal_says(outcome)
        card = _to_show(outcome, hidden=held.replaces)
        if card is not None:
            where = Where(
                channel=held.channel,
                user=origin.user,
                response_url=held.response_url,
                replaces=held.replaces,
            )
            turn.after.append(partial(self._private.show, where, card, zone_of(outcome.zone)))
        return _modal({"response_action": "clear"})


def _on_an_answer(click: Click, action: Action) -> bool:
    """The button stands on a private answer, which is no copy of a card and is replaced by the next one."""
    return bool(click.container.is_ephemeral) or is_answer(action.block_id)


def _to_show(outcome: Outcome, *, hidden: bool) -> Card | None:
    """A card that is seen to change says it all; a private answer does not change by itself."""
    answer = outcome.answer if isinstance(outcome.answer, Card) else None
    if hidden:
        return _with_way_back(answer or outcome.current or sentence(TAKEN), outcome)
    return None if outcome.accepted else answer


def _with_way_back(card: Card, outcome: Outcome) -> Card:
    """In the place of what was clicked: with the button that brings the thing's own card there."""
    if not outcome.back or card == outcome.current:
        return card
    way = Button(label=BACK, verb=BACK_VERB, value=outcome.back)
    return msgspec.structs.replace(card, buttons=(*card.buttons, way))


def _held(form: Form, clicked: ChatClicked, where: Where) -> Held:
    return Held(
        value=form.submit.value,
        conversation=clicked.place.conversation,
        message_id=clicked.message_id,
        channel=where.channel,
        replaces=where.replaces,
        response_url=where.response_url,
    )


def _form_again(form: Form, held: Held, outcome: Outcome) -> BoltResponse:
    """The same form with what is wrong at its fields, or another one in its place."""
    wrong = field_errors(form)
    if wrong and form.submit.value == held.value:
        return _modal({"response_action": "errors", "errors": wrong})
    metadata = holding.write(msgspec.structs.replace(held, value=form.submit.value))
    if not metadata:
        return _modal_says(Outcome(answer=sentence(NOT_OURS)))
    view = render_form(form, zone_of(outcome.zone), private_metadata=metadata)
    return _modal({"response_action": "update", "view": view})


def _modal_says(outcome: Outcome) -> BoltResponse:
    """A sentence in the place of the form."""
    card = outcome.answer if isinstance(outcome.answer, Card) else outcome.current or sentence(TAKEN)
    return _modal({"response_action": "update", "view": in_modal(card, zone_of(outcome.zone))})


def _modal(body: dict[str, Any]) -> BoltResponse:
    return BoltResponse(status=200, body=body)
