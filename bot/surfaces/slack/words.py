"""Words typed to the bot: slash commands, mentions, lines in its direct messages; and where it was added."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Final

from slack_bolt import BoltResponse

from bot.core.envelope import Proof
from bot.surfaces.once import Once
from bot.surfaces.port import ChatDesk, ChatSaid, Outcome, Place, Sender
from bot.surfaces.slack.desk import SafeDesk
from bot.surfaces.slack.drawing import answer_body, asking_to_open, sentence, zone_of
from bot.surfaces.slack.held import Held
from bot.surfaces.slack.inbound import (
    Inbound,
    delivery_id,
    is_direct,
    of_command,
    of_event,
    words_typed,
)
from bot.surfaces.slack.outbound import Outbound
from bot.surfaces.slack.people import People
from bot.surfaces.slack.private import Private, Where
from bot.surfaces.slack.turn import Turn
from bot.surfaces.slack.wire import Command, EventDelivery
from cards.blockkit import render
from cards.model import Form

LATE_SECONDS: Final = 2.8
"""Slack shows a command's answer within three seconds; after that only the address for answers is left."""
LAST_RETRY: Final = 3
SHORTCUTS: Final = {"/rollout": "rollout ", "/phase": "phase "}
"""Command -> how the line begins that it stands for."""
SLACKBOT: Final = "USLACKBOT"
NO_SUCH_COMMAND: Final = "That command is not one of ours. Nothing was done."


class Words:
    """Listeners for what people type."""

    def __init__(
        self,
        *,
        command: str,
        late_seconds: float,
        desk: ChatDesk,
        inbound: Inbound,
        people: People,
        outbound: Outbound,
        private: Private,
        once: Once,
    ) -> None:
        self._prefixes: Mapping[str, str] = {**SHORTCUTS, command: ""}
        self._late_seconds = late_seconds
        self._desk = desk
        self._safe = SafeDesk(desk)
        self._inbound = inbound
        self._people = people
        self._outbound = outbound
        self._private = private
        self._once = once

    # --- commands: the answer is the HTTP body ---

    async def command(self, command: Command, turn: Turn) -> BoltResponse:
        """`/ring ...`, and the shortcuts."""
        prefix = self._prefixes.get(command.command)
        if prefix is None:
            return _for_the_sender(Outcome(answer=sentence(NO_SUCH_COMMAND)))
        origin = of_command(command)
        delivery = delivery_id("command", origin.team, command.trigger_id or turn.digest, command.user_id)
        sender = await self._inbound.sender(origin)
        place = await self._inbound.place(origin, command.channel_id, command.channel_name)
        text = words_typed(prefix + command.text, "")
        outcome = await self._said(sender, place, text, delivery, turn)
        if outcome.kept and not self._once.first(delivery):
            return BoltResponse(status=200)
        return self._answered(command, place, outcome, turn)

    def _answered(self, command: Command, place: Place, outcome: Outcome, turn: Turn) -> BoltResponse:
        answer, zone = outcome.answer, zone_of(outcome.zone)
        where = Where(channel=command.channel_id, user=command.user_id, response_url=command.response_url)
        if isinstance(answer, Form):
            held = Held(
                value=answer.submit.value,
                conversation=place.conversation,
                channel=command.channel_id,
                response_url=command.response_url,
            )
            opens = partial(self._private.open, command.trigger_id, answer, held, where, zone)
            turn.after.append(opens)
            return BoltResponse(status=200)
        if answer is not None and asyncio.get_running_loop().time() - turn.began > self._late_seconds:
            turn.after.append(partial(self._private.show, where, answer, zone))
            return BoltResponse(status=200)
        return _for_the_sender(outcome)

    # --- events: the answer is sent when Slack has been told that we have it ---

    async def mention(self, delivery: EventDelivery, turn: Turn) -> BoltResponse:
        """Somebody called the bot in a channel."""
        if is_direct(delivery.event.channel or ""):
            return BoltResponse(status=200)  # the same line comes as a direct message
        return await self._line(delivery, turn)

    async def message(self, delivery: EventDelivery, turn: Turn) -> BoltResponse:
        """A line in the bot's direct messages; what is said elsewhere is none of ours."""
        event = delivery.event
        if event.channel_type != "im" and not is_direct(event.channel or ""):
            return BoltResponse(status=200)
        return await self._line(delivery, turn)

    async def _line(self, delivery: EventDelivery, turn: Turn) -> BoltResponse:
        event, own_user = delivery.event, await self._own_user(delivery)
        if not event.channel or _by_no_person(delivery, own_user):
            return BoltResponse(status=200)
        origin = of_event(delivery)
        if is_direct(event.channel):
            self._outbound.direct_is(origin.user, event.channel)
        id = delivery_id("event", delivery.event_id or turn.digest)
        sender = await self._inbound.sender(origin)
        place = await self._inbound.place(origin, event.channel)
        text = words_typed(event.text or "", own_user)
        outcome = await self._said(sender, place, text, id, turn)
        if not outcome.kept and turn.retry < LAST_RETRY:
            return BoltResponse(status=503)
        if outcome.answer is not None and (self._once.first(id) or not outcome.kept):
            card = outcome.answer
            card = asking_to_open(card) if isinstance(card, Form) else card
            where = Where(channel=event.channel, user=origin.user, thread=event.thread_ts or "")
            turn.after.append(partial(self._private.show, where, card, zone_of(outcome.zone)))
        return BoltResponse(status=200)

    async def _said(self, sender: Sender, place: Place, text: str, delivery: str, turn: Turn) -> Outcome:
        said = ChatSaid(
            sender=sender,
            place=place,
            proof=Proof.SLACK_SIGNATURE,
            text=text,
            delivery_id=delivery,
            received_at=turn.received_at,
        )
        return await self._safe.say(said)

    # --- being added ---

    async def joined(self, delivery: EventDelivery, turn: Turn) -> BoltResponse:
        """Somebody joined a channel; if it is us, the desk gets to know the place."""
        event = delivery.event
        if event.channel and event.user and event.user == await self._own_user(delivery):
            conversation = await self._inbound.conversation(of_event(delivery), event.channel)
            return await self._met(conversation)
        return BoltResponse(status=200)

    async def opened(self, delivery: EventDelivery, turn: Turn) -> BoltResponse:
        """Somebody opened the bot's tab; the first time, the desk gets to know their direct messages."""
        event = delivery.event
        if not event.user or not event.channel:
            return BoltResponse(status=200)
        if is_direct(event.channel):
            self._outbound.direct_is(event.user, event.channel)
        conversation = await self._inbound.conversation(of_event(delivery))
        if not self._once.first(conversation):
            return BoltResponse(status=200)
        return await self._met(conversation)

    async def _met(self, conversation: str) -> BoltResponse:
        try:
            await self._desk.met(Place(conversation=conversation))
        except Exception:
            self._once.forget(conversation)
            raise
        return BoltResponse(status=200)

    async def _own_user(self, delivery: EventDelivery) -> str:
        """Our own account; while Slack cannot be asked, the one that the event was sent on behalf of."""
        own = await self._people.own()
        if own is not None:
            return own.user
        return (delivery.authorizations[0].user_id if delivery.authorizations else None) or ""


def _by_no_person(delivery: EventDelivery, own_user: str) -> bool:
    """Bots, ourselves, and Slack's own notes about messages: never answered, or two bots talk for ever."""
    event = delivery.event
    return bool(event.bot_id or event.subtype) or event.user in (None, "", own_user, SLACKBOT)


def _for_the_sender(outcome: Outcome) -> BoltResponse:
    """Seen by nobody else."""
    if outcome.answer is None or isinstance(outcome.answer, Form):
        return BoltResponse(status=200)
    message = render(outcome.answer, zone_of(outcome.zone))
    return BoltResponse(status=200, body={"response_type": "ephemeral", **answer_body(message)})
