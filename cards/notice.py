"""What people are told afterwards (L1): line 1 says whether anybody is needed, silence is neutral.

Content and order: users.md 3.4. The same thing on the same day is one card that counts.
"""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import msgspec

from bot.core.notices import Review, recall_id
from cards.button_row import DETAILS, Wish, row
from cards.limits import LABEL_CHARACTERS
from cards.model import Card, Element, Emphasis, Shape, Status, code, context, facts, line, moment
from cards.notice_words import allowance, links, ordinal, telling
from cards.plural import shortened
from cards.time_words import short
from cards.title_line import client_name, push_line, title_line
from cards.views import NoticeView
from cards.voter_words import person

NAME_CHARACTERS = 30


def notice_card(view: NoticeView) -> Card:
    """The card as it must look now, whatever was said about it."""
    notice, told = view.notice, telling(view)
    subject = client_name(view.client)
    head = "Needs you. " if told.need else "Done, nothing to do. "
    count = f", {ordinal(notice.times)} time {_that_day(view)}" if notice.times > 1 else ""
    return Card(
        push=push_line(
            "Needs you: " if told.need else "Done: ", subject, f" {told.what}{count}", f" {told.what}"
        ),
        title=title_line(head, subject, f": {told.what}{count}"),
        status=_status(view, needed=bool(told.need)),
        body=(
            *told.lines,
            line(f"Done by me: {told.done}"),
            *((line(f"Needs you: {told.need}", emphasis=Emphasis.STRONG),) if told.need else ()),
            *links(notice),
            *_review(view),
            context(f"{_called(view)}{allowance(notice)} #{notice.code}"),
        ),
        buttons=row(view.buttons, *_wishes(view), DETAILS),
        key=f"notice:{notice.id}",
        mention=(notice.on_call,) if told.need and notice.on_call and notice.review == Review.OPEN else (),
        typed=f"looks right {notice.code}" if notice.review != Review.LOOKS_RIGHT else f"flag {notice.code}",
    )


def recall_card(view: NoticeView) -> Card:
    """The same as a new message, because a card that only changes wakes nobody."""
    card = notice_card(view)
    again = {"key": f"recall:{recall_id(view.notice)}", "buttons": row(view.buttons, DETAILS)}
    return msgspec.structs.replace(card, **again)


def notice_details(view: NoticeView) -> Card:
    """What a click on Details of a notice gets."""
    notice, told = view.notice, telling(view)
    subject = client_name(view.client)
    return Card(
        push=push_line(f"{notice.code} Details: ", subject, f": {told.what}", ""),
        title=title_line(f"Details of {notice.code}. ", subject, f": {told.what}"),
        body=(
            *told.lines,
            line(f"Done by me: {told.done}"),
            *((line(f"Needs you: {told.need}"),) if told.need else ()),
            *links(notice),
            facts(
                ("First told", (moment(notice.raised_at),)),
                ("Last time", (moment(notice.last_at),)),
                ("Times that day", str(notice.times)),
                ("Called", _on_call(view) or "nobody"),
                ("By rule", shortened(notice.allowed_by, 200)),
                ("Review", _review_word(view)),
                ("Id", (code(notice.code),)),
            ),
        ),
        key=f"notice-details:{notice.id}",
        phone=False,
    )


def _wishes(view: NoticeView) -> tuple[Wish, ...]:
    """What was said already has no button; the undo's label says what it does."""
    notice = view.notice
    right: tuple[Wish, ...] = (("Looks right", "looks-right", "plain"),)
    flag: tuple[Wish, ...] = (("Flag", "flag", "plain"),)
    undo: tuple[Wish, ...] = ()
    if notice.undo is not None:
        undo = ((shortened(notice.undo.label, LABEL_CHARACTERS), notice.undo.verb, "danger"),)
    return (
        *(right if notice.review != Review.LOOKS_RIGHT else ()),
        *(flag if notice.review != Review.FLAGGED else ()),
        *undo,
    )


def _status(view: NoticeView, *, needed: bool) -> Status:
    match view.notice.review:
        case Review.FLAGGED:
            return Status(shape=Shape.STOPPED, word="Flagged")
        case Review.LOOKS_RIGHT:
            return Status(shape=Shape.DONE, word="Looks right")
        case Review.OPEN:
            return (
                Status(shape=Shape.STOPPED, word="Needs you")
                if needed
                else Status(shape=Shape.NOTE, word="Told")
            )


def _review(view: NoticeView) -> tuple[Element, ...]:
    notice = view.notice
    if notice.reviewed_at is None:
        return ()
    who = shortened(notice.reviewer_name, NAME_CHARACTERS) or "Somebody"
    if notice.review == Review.FLAGGED:
        return (line(f"Flagged by {who} ", *short(notice.reviewed_at, view.now, view.zone), "."),)
    return (line(f"{who} says that it looks right, ", *short(notice.reviewed_at, view.now, view.zone), "."),)


def _review_word(view: NoticeView) -> str:
    notice = view.notice
    who = shortened(notice.reviewer_name, NAME_CHARACTERS)
    return {
        Review.OPEN: "nobody said anything, which is fine",
        Review.LOOKS_RIGHT: f"looks right, says {who}",
        Review.FLAGGED: f"flagged by {who}",
    }[notice.review]


def _called(view: NoticeView) -> str:
    """Who got it as a message of their own. Where nobody could be reached, everybody must know that."""
    if not view.notice.needs_person:
        return ""
    name = _on_call(view)
    return f"Told {name}, who is on call. " if name else "Nobody was called: whoever reads this, take it. "


def _on_call(view: NoticeView) -> str:
    return person(view.notice.on_call, view.names) if view.notice.on_call else ""


def _that_day(view: NoticeView) -> str:
    """`today`, or the day that it counts for once that is over."""
    day = date.fromisoformat(view.notice.day)
    return "today" if day == view.now.astimezone(ZoneInfo(view.zone)).date() else "that day"
