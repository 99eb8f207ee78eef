"""Pages: telling one person on call, again and again, until somebody has it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

import msgspec

from bot.core.effects import DECISION, Effect, PageOnCall, ShowCard
from bot.core.envelope import Frame, Standing
from bot.core.errors import Broken, Refused
from bot.core.value import Value

PATIENCE = timedelta(minutes=15)
"""So long one person is waited for before the next is called (users.md 3.3: 02:41 -> 02:56)."""


class PageStatus(StrEnum):
    """Whether somebody has it yet."""

    OPEN = "open"
    TAKEN = "taken"
    PASSED_ON = "passed-on"


class Page(Value):
    """One call to one person."""

    id: str
    person: str
    subject_kind: str
    subject_id: str
    reason: str
    opened_at: datetime
    status: PageStatus = PageStatus.OPEN
    taken_by: str = ""
    round: str = ""


class PageMessage(Value):
    """Base of everything a page can be told."""

    KIND: ClassVar[str] = "page"
    page: str

    def subject(self) -> str:
        """The page this is for."""
        return self.page


class OpenPage(PageMessage, tag="page.open"):
    """Call this person about this."""

    person: str
    subject_kind: str
    subject_id: str
    reason: str
    round: str


class TakePage(PageMessage, tag="page.take"):
    """Somebody of the desk says that they have it."""

    standing: Standing


class PassPage(PageMessage, tag="page.pass"):
    """Somebody of the desk cannot take it: call the next person now."""

    standing: Standing


class PageDue(PageMessage, tag="page.due"):
    """Nobody took it in time."""

    at: datetime


class PageOpened(Value, tag="page.opened.1"):
    """The person is being called."""

    page: Page


class PageTaken(Value, tag="page.taken.1"):
    """Somebody has it; nobody else is called."""

    by: str
    at: datetime


class PagePassedOn(Value, tag="page.passed_on.1"):
    """The next person is called."""

    at: datetime


PageFact = PageOpened | PageTaken | PagePassedOn

S = PageStatus
MOVES: dict[PageStatus | None, dict[type[Value], PageStatus]] = {
    None: {PageOpened: S.OPEN},
    S.OPEN: {PageTaken: S.TAKEN, PagePassedOn: S.PASSED_ON},
    S.PASSED_ON: {PageTaken: S.TAKEN},
    S.TAKEN: {},
}


def decide(page: Page | None, message: object, frame: Frame) -> list[PageFact]:
    """Open once; taken by whoever says so first."""
    if isinstance(message, OpenPage):
        return _open(page, message, frame)
    if page is None:
        raise Refused("There is no such page.", rule="unknown-page")
    match message:
        case TakePage(standing=standing):
            if not standing.roles:
                raise Refused("Only people of the desk can take a page.", rule="not-entitled")
            if page.status == PageStatus.TAKEN:
                raise Refused(f"{page.taken_by} has it already.", rule="already-taken")
            return [PageTaken(by=standing.name, at=frame.received_at)]
        case PassPage(standing=standing):
            return _pass_on(page, standing, frame)
        case PageDue(at=at):
            due = page.status == PageStatus.OPEN and at >= page.opened_at + PATIENCE
            return [PagePassedOn(at=at)] if due else []
        case _:
            raise Broken(f"a page cannot be told {type(message).__name__}")


def _pass_on(page: Page, standing: Standing, frame: Frame) -> list[PageFact]:
    if not standing.roles:
        raise Refused("Only people of the desk can pass a page on.", rule="not-entitled")
    if page.status == PageStatus.TAKEN:
        raise Refused(f"{page.taken_by} has it already.", rule="already-taken")
    if page.status == PageStatus.PASSED_ON:
        raise Refused("The next person was called already.", rule="already-passed-on")
    return [PagePassedOn(at=frame.received_at)]


def _open(page: Page | None, message: OpenPage, frame: Frame) -> list[PageFact]:
    if page is not None:
        return []
    opened = Page(
        id=message.page,
        person=message.person,
        subject_kind=message.subject_kind,
        subject_id=message.subject_id,
        reason=message.reason,
        opened_at=frame.received_at,
        round=message.round,
    )
    return [PageOpened(page=opened)]


def evolve(page: Page | None, fact: PageFact) -> Page:
    """The page after this fact."""
    if isinstance(fact, PageOpened):
        return fact.page
    if page is None or type(fact) not in MOVES[page.status]:
        raise Broken(f"{type(fact).__name__} cannot happen to this page")
    status = MOVES[page.status][type(fact)]
    taken_by = fact.by if isinstance(fact, PageTaken) else page.taken_by
    return msgspec.structs.replace(page, status=status, taken_by=taken_by)


def next_due(page: Page) -> datetime | None:
    """When the next person is called."""
    return page.opened_at + PATIENCE if page.status == PageStatus.OPEN else None


def react(page: Page, fact: PageFact) -> list[Effect]:
    """The person's copy follows; an unanswered page goes to the next one."""
    show = ShowCard(kind="page", id=page.id, priority=DECISION, persons=(page.person,))
    if isinstance(fact, PagePassedOn):
        onward = PageOnCall(
            subject_kind=page.subject_kind,
            subject_id=page.subject_id,
            reason=page.reason,
            round=page.round,
            after_person=page.person,
        )
        return [show, onward]
    return [show]
