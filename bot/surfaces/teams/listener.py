"""What Teams brought becomes a word or a click for the desk, and the desk's outcome becomes an answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Final

import msgspec

from bot.core.envelope import Proof
from bot.core.errors import OutsideBusy, OutsideFailed
from bot.surfaces.once import Once
from bot.surfaces.port import AddressBook, ChatClicked, ChatDesk, ChatSaid, Outcome, Place, Sender
from bot.surfaces.teams import activities
from bot.surfaces.teams.activities import Body, is_on_answer
from bot.surfaces.teams.config import TeamsConfig
from bot.surfaces.teams.outgoing import Outgoing
from bot.surfaces.teams.places import (
    NOBODY,
    Address,
    address_of,
    delivery_id,
    is_bot,
    is_personal,
    message_id,
    place_of,
    sender_of,
)
from bot.surfaces.teams.roster import Roster
from bot.surfaces.teams.wire import AUTOMATIC, ActionRow, Malformed, Posted, card_invoke, submitted
from bot.surfaces.teams.words import words
from cards.adaptive import TeamsCard
from cards.adaptive_forms import BACK_VERB, names_in, read_inputs
from cards.model import Card, answer

log = logging.getLogger(__name__)

FIELDS_MOST: Final = 50
"""More inputs than any form of ours has; what comes beyond is not ours."""
VALUE_CHARACTERS: Final = 2_000
"""Longer than any button value that was ever signed; the desk says what is wrong with a long one."""
ANSWER_TRIES: Final = 4
"""An answer is not in the outbox: it is sent at most so often, and then the person asks again."""
ANSWER_PAUSE_MOST_SECONDS: Final = 10
DONE: Final = 200
AGAIN_PLEASE: Final = 503
"""The service delivers again, with the same activity id."""

NOT_REACHED: Final = "I could not message you: add the app in a personal chat."
"""Said where everybody can read it, so it names no client and no thing."""
NOT_READ: Final = "That button could not be read. Open the card again."
STILL_THE_SAME: Final = "Nothing new here."
TAKEN: Final = "Taken. The card follows in a moment."


class Tasks:
    """What goes on after the HTTP answer has left; nothing of it is lost without a word in the log."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Let it run on."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def settle(self, seconds: float) -> None:
        """Wait until all of it is done, at most so long; then it is broken off."""
        if not self._running:
            return
        _, late = await asyncio.wait(set(self._running), timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


class Listener:
    """Between the SDK's turn and the desk: plain values on both sides."""

    def __init__(
        self,
        config: TeamsConfig,
        desk: ChatDesk,
        book: AddressBook,
        outgoing: Outgoing,
        now: Callable[[], datetime],
        tasks: Tasks,
        roster: Roster,
    ) -> None:
        self._config = config
        self._desk = desk
        self._book = book
        self._outgoing = outgoing
        self._now = now
        self._tasks = tasks
        self._roster = roster
        self._once = Once()

    async def message(self, posted: Posted, proof: Proof) -> int:
        """Words, or the submit of an old client; the HTTP status. The answer follows by itself."""
        if is_bot(posted):
            return DONE
        data = submitted(posted)
        if data is not None:
            return await self._submit(posted, proof, data)
        place = await self._place(posted)
        said = ChatSaid(
            sender=await self._sender(posted, place),
            place=place,
            proof=proof,
            text=words(posted),
            delivery_id=delivery_id(posted),
            received_at=self._now(),
        )
        outcome = await self._desk.say(said)
        if not outcome.kept:
            return AGAIN_PLEASE
        if self._once.first(said.delivery_id):
            self._tasks.start(self._answer_here(posted, place, outcome))
        return DONE

    async def invoke(self, posted: Posted, proof: Proof) -> Body:
        """A pressed button of the universal kind: answered at once, from what is committed."""
        try:
            pressed = card_invoke(posted)
            if (pressed.trigger or "").lower() == AUTOMATIC and not _only_shows(pressed.action):
                return activities.toast(STILL_THE_SAME)
            clicked = await self._clicked(posted, proof, pressed.action.verb, pressed.action.data)
        except Malformed:
            return activities.problem(400, "BadRequest", NOT_READ)
        return _in_place(await self._desk.click(clicked), on_answer=is_on_answer(pressed.action.data))

    async def met(self, posted: Posted) -> None:
        """The bot was added to a place."""
        place = place_of(posted, self._config.app_id)
        if not place.conversation.endswith(f":@{NOBODY}"):
            await self._desk.met(place)

    async def _submit(self, posted: Posted, proof: Proof, data: dict[str, Any]) -> int:
        """The same click by another way; its private answer goes to the person's own chat."""
        verb = data.get("verb")
        try:
            clicked = await self._clicked(posted, proof, verb if isinstance(verb, str) else "", data)
        except Malformed:
            # A value that is none of ours: a card of somebody else, or a damaged one. Still no silence.
            outcome = Outcome(answer=answer(NOT_READ))
            self._tasks.start(self._answer_alone(posted, outcome))
            return DONE
        outcome = await self._desk.click(clicked)
        if not outcome.kept:
            return AGAIN_PLEASE
        told_by_the_card = outcome.accepted and not is_on_answer(data)  # an answer is not seen to change
        if not told_by_the_card and self._once.first(clicked.delivery_id):
            self._tasks.start(self._answer_alone(posted, outcome))
        return DONE

    async def _clicked(self, posted: Posted, proof: Proof, verb: str | None, data: Any) -> ChatClicked:
        value = data.get("value") if isinstance(data, dict) else None
        if not isinstance(value, str) or not value or len(value) > VALUE_CHARACTERS:
            raise Malformed("no button value")
        place = await self._place(posted)
        hidden = is_on_answer(data) or not posted.reply_to_id
        return ChatClicked(
            sender=await self._sender(posted, place),
            place=place,
            proof=proof,
            message_id="" if hidden else message_id(place.conversation, posted.reply_to_id or ""),
            value=value,
            fields=read_inputs(data, _field_names(data)[:FIELDS_MOST]),
            delivery_id=delivery_id(posted, verb or "", value),
            received_at=self._now(),
        )

    async def _place(self, posted: Posted) -> Place:
        """Where it was; a place whose address is news is made known first."""
        place = place_of(posted, self._config.app_id)
        if place.conversation.endswith(f":@{NOBODY}"):
            return place
        try:
            if await self._book.address(place.conversation) != place.address:
                await self._desk.met(place)
        except Exception as fault:  # an address that could not be kept must not cost anybody a decision
            log.warning("where a place in Teams is could not be kept: %s", type(fault).__name__)
        return place

    async def _sender(self, posted: Posted, place: Place) -> Sender:
        """Who it was. That somebody is a guest is said by the conversation's roster alone."""
        sender, address = sender_of(posted, self._config), address_of(place.address)
        id = posted.sender.id if posted.sender else None
        if sender.outsider or address is None or not id or is_personal(posted):
            return sender
        outsider = await self._roster.outsider(address, id, sender.identity.realm)
        return msgspec.structs.replace(sender, outsider=outsider)

    async def _answer_here(self, posted: Posted, place: Place, outcome: Outcome) -> None:
        """In the thread where it was asked, or in the personal chat."""
        if outcome.answer is not None:
            shown, zone = outcome.answer, activities.clock(outcome.zone)
            to, reply_to = _thread(posted, place), posted.id or ""
            await _patiently(
                lambda: self._outgoing.reply(to, shown, zone, reply_to=reply_to, back=outcome.back)
            )

    async def _answer_alone(self, posted: Posted, outcome: Outcome) -> None:
        """For the clicker's eyes only; if that cannot be, a neutral line in the thread."""
        shown = outcome.answer or outcome.current or answer(TAKEN)
        zone = activities.clock(outcome.zone)
        place = place_of(posted, self._config.app_id)
        if is_personal(posted):
            here = _thread(posted, place)
            await _patiently(lambda: self._outgoing.reply(here, shown, zone, back=outcome.back))
            return
        person = sender_of(posted, self._config).identity
        if person.user != NOBODY and await _patiently(
            lambda: self._outgoing.to_person(person, shown, zone, back=outcome.back)
        ):
            return
        to = _thread(posted, place)
        await _patiently(lambda: self._outgoing.reply(to, answer(NOT_REACHED), zone))


def _only_shows(action: ActionRow) -> bool:
    """A refresh that nobody pressed may look and never decide: the signed value itself must say so."""
    value = action.data.get("value") if isinstance(action.data, dict) else None
    parts = value.split(".") if isinstance(value, str) else []
    return action.verb == BACK_VERB and len(parts) > 3 and parts[3] == BACK_VERB


def _field_names(data: Any) -> tuple[str, ...]:
    return tuple(name for name in names_in(data) if name != activities.ON_AN_ANSWER)


def _in_place(outcome: Outcome, *, on_answer: bool) -> Body:
    """What the clicker sees where the button was: the new state, a note, or a view of their own.

    In the place of an answer it is one still, and its buttons go on saying so.
    """
    zone, told = activities.clock(outcome.zone), outcome.answer
    if outcome.current is not None and (outcome.accepted or told is None):
        return _shown(activities.drawn(outcome.current, zone), on_answer=on_answer)
    if told is None:
        return activities.toast(TAKEN)
    words = activities.in_words(told, zone) if isinstance(told, Card) else ""
    if words and (words == told.title or not outcome.back):
        return activities.toast(words)
    return _shown(activities.drawn(told, zone, back=outcome.back), on_answer=on_answer)


def _shown(card: TeamsCard, *, on_answer: bool) -> Body:
    return activities.card_answer(activities.as_answer(card) if on_answer else card)


def _thread(posted: Posted, place: Place) -> Address:
    """The address of the thread: in channels Teams writes the thread into the conversation's id."""
    address = address_of(place.address)
    where = posted.conversation
    if address is None or where is None or not where.id:
        raise OutsideFailed("The delivery named no address that can be answered.")
    return msgspec.structs.replace(address, conversation=where.id)


async def _patiently(send: Callable[[], Coroutine[Any, Any, None]]) -> bool:
    """Send an answer, again while Teams asks for patience; False when it could not be sent."""
    for attempt in range(ANSWER_TRIES):
        try:
            await send()
            return True
        except OutsideBusy as busy:
            pause = min(busy.retry_after_seconds or 2**attempt, ANSWER_PAUSE_MOST_SECONDS)
            if attempt + 1 < ANSWER_TRIES:
                await asyncio.sleep(pause)
        except OutsideFailed as fault:
            log.warning("an answer could not be sent to Teams: %s", type(fault).__name__)
            return False
        except Exception:
            log.exception("an answer could not be drawn or sent")
            return False
    log.warning("an answer was given up: Teams asked for patience too often")
    return False
