"""Notices: what people are told afterwards (L1), counted while it repeats, reviewed when somebody cares to.

A notice asks for nothing: silence is neutral. The same thing on the same day of the client is one notice that
counts; the next day it is a new one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

import msgspec

from bot.core.effects import DECISION, NOTICE, Effect, ShowCard
from bot.core.envelope import Frame, Standing
from bot.core.errors import Broken, Refused
from bot.core.pipeline_news import DeployState
from bot.core.value import Value

ID_SIGNS: Final = 16
"""64 bits: a notice's id stands in every button, where room is short."""


# --- what happened ---


class DeployFailed(Value, tag="deploy-failed"):
    """A production deployment failed. We did nothing about it."""

    repository: str
    environment: str
    ref: str
    sha: str
    by: str
    state: DeployState
    description: str
    at: datetime


class AnswerWanted(Value, tag="answer-wanted"):
    """A deployment waits at the forge for an approval that can only be given there."""

    repository: str
    environment: str
    ref: str
    sha: str
    by: str
    at: datetime
    run_id: int = 0


class DevicesScanned(Value, tag="devices-scanned"):
    """Devices looked for missing updates again, because a routine told them to."""

    routine: str
    devices: int
    taken: int
    """How many of them took the order."""
    left_out: int
    flaws: tuple[str, ...]
    """Flaws that have become known to be exploited; empty when somebody asked."""
    asked_by: str
    """The name of a person, or of who recommended it; empty when we did it by ourselves."""
    at: datetime


Happening = DeployFailed | AnswerWanted | DevicesScanned
"""One value for each kind of thing that is told; its words are in `cards/notice_words.py`."""


class Link(Value):
    """Where to look; the address is made by us, never taken from a payload."""

    label: str
    url: str


class Undo(Value):
    """What can still be taken back: the button's words say what it does."""

    label: str
    verb: str


class Review(StrEnum):
    """What people said about it."""

    OPEN = "open"
    LOOKS_RIGHT = "looks-right"
    FLAGGED = "flagged"


class Verdict(StrEnum):
    """What one person says about it."""

    LOOKS_RIGHT = "looks-right"
    FLAG = "flag"


class Notice(Value):
    """One thing that was told."""

    id: str
    code: str
    about: str
    """What repeats are counted by: the same thing on the same day."""
    day: str
    """ISO date on the client's clock."""
    happening: Happening
    """The latest occurrence."""
    allowed_by: str
    """Which policy or level says that this is told rather than asked."""
    raised_at: datetime
    last_at: datetime
    needs_person: bool
    on_call: str = ""
    """Who also got it as a direct message; empty when nobody is needed, or nobody is on call."""
    links: tuple[Link, ...] = ()
    occurrence: str = ""
    """Names the latest occurrence: what is told twice is counted once."""
    times: int = 1
    undo: Undo | None = None
    review: Review = Review.OPEN
    reviewer: str = ""
    reviewer_name: str = ""
    reviewed_at: datetime | None = None


# --- messages and facts ---


class NoticeMessage(Value):
    """Base of everything a notice can be told."""

    KIND: ClassVar[str] = "notice"
    notice: str

    def subject(self) -> str:
        """The notice this is for."""
        return self.notice


class RaiseNotice(NoticeMessage, tag="notice.raise"):
    """Tell people that this happened; `notice` comes from `notice_id`."""

    about: str
    day: str
    happening: Happening
    allowed_by: str
    needs_person: bool
    on_call: str = ""
    links: tuple[Link, ...] = ()
    occurrence: str = ""
    undo: Undo | None = None


class ReviewNotice(NoticeMessage, tag="notice.review"):
    """Somebody who belongs to the client says whether it looks right."""

    verdict: Verdict
    standing: Standing


class NoticeRaised(Value, tag="notice.raised.1"):
    """People are told."""

    notice: Notice


class NoticeRepeated(Value, tag="notice.repeated.1"):
    """It happened once more that day; the same card counts."""

    happening: Happening
    needs_person: bool
    on_call: str
    links: tuple[Link, ...]
    occurrence: str
    at: datetime
    undo: Undo | None = None


class NoticeReviewed(Value, tag="notice.reviewed.1"):
    """Somebody said what they think of it."""

    verdict: Verdict
    by: str
    name: str
    at: datetime


NoticeFact = NoticeRaised | NoticeRepeated | NoticeReviewed

R = Review
MOVES: Final[Mapping[Review | None, Mapping[type[Value], tuple[Review, ...]]]] = {
    None: {NoticeRaised: (R.OPEN,)},
    R.OPEN: {NoticeRepeated: (R.OPEN,), NoticeReviewed: (R.LOOKS_RIGHT, R.FLAGGED)},
    R.LOOKS_RIGHT: {NoticeRepeated: (R.OPEN,), NoticeReviewed: (R.FLAGGED,)},
    R.FLAGGED: {NoticeRepeated: (R.FLAGGED,), NoticeReviewed: (R.LOOKS_RIGHT,)},
}
"""What looked right once is open again when it repeats; a flag stays until somebody says that it is right."""

CALLED_AGAIN: Final = frozenset({2, 3, 5, 10, 20, 50})
"""How often it must have happened for the person on call to get one more message: a card that only changes
wakes nobody, and one that rings forty times a day is switched off (our judgement)."""
_REVIEWED: Final = {Verdict.LOOKS_RIGHT: R.LOOKS_RIGHT, Verdict.FLAG: R.FLAGGED}


def notice_id(about: str, day: str) -> str:
    """The one notice about this thing on this day."""
    return "n-" + hashlib.sha256(f"{day}|{about}".encode()).hexdigest()[:ID_SIGNS]


def day_of(at: datetime, zone: str) -> str:
    """The day on the client's clock."""
    return at.astimezone(ZoneInfo(zone)).date().isoformat()


# --- decide, evolve, react ---


def decide(notice: Notice | None, message: object, frame: Frame) -> list[NoticeFact]:
    """Raise once, then count; a review needs a role at the client and changes what was said before."""
    match message:
        case RaiseNotice():
            return _raise(notice, message, frame)
        case ReviewNotice(verdict=verdict, standing=standing):
            return [_review(notice, verdict, standing, frame.received_at)]
        case _:
            raise Broken(f"a notice cannot be told {type(message).__name__}")


def _raise(notice: Notice | None, message: RaiseNotice, frame: Frame) -> list[NoticeFact]:
    if notice is None:
        return [NoticeRaised(notice=_raised(message, frame))]
    if message.occurrence and message.occurrence == notice.occurrence:
        return []
    repeated = NoticeRepeated(
        happening=message.happening,
        needs_person=message.needs_person,
        on_call=message.on_call,
        links=message.links,
        occurrence=message.occurrence,
        undo=message.undo,
        at=frame.received_at,
    )
    return [repeated]


def _raised(message: RaiseNotice, frame: Frame) -> Notice:
    if not frame.codes:
        raise Broken("a notice was raised without a short id to give it")
    return Notice(
        id=message.notice,
        code=frame.codes[0],
        about=message.about,
        day=message.day,
        happening=message.happening,
        allowed_by=message.allowed_by,
        raised_at=frame.received_at,
        last_at=frame.received_at,
        needs_person=message.needs_person,
        on_call=message.on_call,
        links=message.links,
        occurrence=message.occurrence,
        undo=message.undo,
    )


def _review(notice: Notice | None, verdict: Verdict, standing: Standing, at: datetime) -> NoticeReviewed:
    if notice is None:
        raise Refused("There is no such notice.", rule="unknown-notice")
    if not standing.roles:
        raise Refused("Only people with a role at this client can review it.", rule="not-entitled")
    if notice.review == _REVIEWED[verdict]:
        word = "that it looks right" if verdict == Verdict.LOOKS_RIGHT else "to look at it"
        who = "You" if notice.reviewer == standing.person else notice.reviewer_name
        raise Refused(f"{who} said {word} already.", rule="already-reviewed")
    return NoticeReviewed(verdict=verdict, by=standing.person, name=standing.name, at=at)


def evolve(notice: Notice | None, fact: NoticeFact) -> Notice:
    """The notice after this fact."""
    if isinstance(fact, NoticeRaised):
        return fact.notice
    if notice is None:
        raise Broken(f"{type(fact).__name__} before the notice was raised")
    after = _repeated(notice, fact) if isinstance(fact, NoticeRepeated) else _reviewed(notice, fact)
    if after.review not in MOVES[notice.review].get(type(fact), ()):
        raise Broken(f"{type(fact).__name__} cannot happen to a notice that is {notice.review}")
    return after


def _repeated(notice: Notice, fact: NoticeRepeated) -> Notice:
    flagged = notice.review == R.FLAGGED
    after = msgspec.structs.replace(
        notice,
        happening=fact.happening,
        needs_person=fact.needs_person,
        on_call=fact.on_call,
        links=fact.links,
        occurrence=fact.occurrence,
        undo=fact.undo,
        last_at=fact.at,
        times=notice.times + 1,
    )
    if flagged:
        return after
    return msgspec.structs.replace(after, review=R.OPEN, reviewer="", reviewer_name="", reviewed_at=None)


def _reviewed(notice: Notice, fact: NoticeReviewed) -> Notice:
    return msgspec.structs.replace(
        notice,
        review=_REVIEWED[fact.verdict],
        reviewer=fact.by,
        reviewer_name=fact.name,
        reviewed_at=fact.at,
    )


def react(notice: Notice, fact: NoticeFact) -> list[Effect]:
    """The card follows; only where a person is needed does it reach somebody's own messages."""
    priority = DECISION if notice.needs_person and not isinstance(fact, NoticeReviewed) else NOTICE
    persons = (notice.on_call,) if notice.on_call else ()
    shown = ShowCard(kind="notice", id=notice.id, priority=priority, persons=persons)
    if isinstance(fact, NoticeRepeated) and notice.needs_person and notice.times in CALLED_AGAIN and persons:
        again = ShowCard(kind="recall", id=recall_id(notice), priority=DECISION, persons=persons)
        return [shown, again]
    return [shown]


def recall_id(notice: Notice) -> str:
    """Names one more call about the notice: each is a message of its own."""
    return f"{notice.id}.{notice.times}"


def recalled(id: str) -> str:
    """The notice that a call is about."""
    return id.rpartition(".")[0]
