"""Notices: whom to tell, and what people say about what they were told."""

from __future__ import annotations

from typing import Final

from bot.core.answers import Answer, ChoiceAnswer, Client, NoticeAnswer, RefusedAnswer, Reply, Which
from bot.core.buttons import ButtonValue
from bot.core.command_values import Reviewed
from bot.core.errors import Broken, Refused
from bot.core.notices import Notice, Review, ReviewNotice, Verdict
from handlers.callers import Caller, recorded
from handlers.hands import load_state
from handlers.naming import label
from handlers.office import Office
from handlers.voting import SAID_BEFORE

VERDICTS: Final = {"looks-right": Verdict.LOOKS_RIGHT, "flag": Verdict.FLAG}
"""Verb of a button -> what it says about the notice."""
_SAYS: Final = {Review.LOOKS_RIGHT: Verdict.LOOKS_RIGHT, Review.FLAGGED: Verdict.FLAG}


# --- whom to tell ---


def person_to_tell(office: Office, tenant: str) -> str:
    """The first person on call who may hear of this client and has a place for it; empty when nobody has."""
    directory = office.directory()
    reachable = {place.person for place in directory.conversations.values() if place.kind == "dm"}
    for person in directory.on_call:
        if person in reachable and directory.roles(person, tenant):
            return person
    return ""


def zone_at(office: Office, tenant: str) -> str:
    """The client's clock, an IANA name."""
    known = office.tenant(tenant)
    if known is None:
        raise Broken("something was delivered to a client that is not set up")
    return known.policy.zone


# --- what people say ---


def review_pressed(office: Office, caller: Caller, client: Client, value: ButtonValue) -> Reply:
    """One person's word on one notice; without a role at the client it is refused and recorded."""
    standing = caller.standing(client.tenant)
    message = ReviewNotice(notice=value.subject, verdict=VERDICTS[value.verb], standing=standing)
    if not standing.roles:
        no = Refused("You have no role at this client. Nothing was done.", rule="not-entitled")
        return recorded(office, caller, client.tenant, message, no)
    return _reviewed(office, caller, client, message)


def review_said(office: Office, caller: Caller, command: Reviewed) -> Answer:
    """`looks right 5RD` and `flag 5RD`; without an id when only one notice is open here."""
    word, verdict = ("flag", Verdict.FLAG) if command.flag else ("looksright", Verdict.LOOKS_RIGHT)
    found = _meant(office, caller, command.code)
    if not found and command.code:
        return RefusedAnswer(why=f"No notice here has the id {command.code}.", rule="unknown-notice")
    if not found:
        return RefusedAnswer(why="No notice is open here.", rule="nothing-waits")
    if len(found) > 1:
        newest = sorted(found, key=lambda pair: pair[1].last_at, reverse=True)
        options = tuple((label(one.code, client), f"{word} {one.code}") for client, one in newest)
        return ChoiceAnswer(question=Which.QUESTION, options=options)
    client, notice = found[0]
    standing = caller.standing(client.tenant)
    return _reviewed(
        office, caller, client, ReviewNotice(notice=notice.id, verdict=verdict, standing=standing)
    )


def _meant(office: Office, caller: Caller, code: str) -> list[tuple[Client, Notice]]:
    """The notice of this id; without an id all about which nobody said anything yet."""
    found: list[tuple[Client, Notice]] = []
    for client in caller.readable():
        with office.store.read(client.tenant) as uow:
            rows = (
                uow.find("notice", code=code, limit=1)
                if code
                else uow.find("notice", statuses=(Review.OPEN.value,))
            )
            found += [(client, load_state(uow, "notice", row.id)[0]) for row in rows]
    return found


def _reviewed(office: Office, caller: Caller, client: Client, message: ReviewNotice) -> Answer:
    frame = office.frame(client.tenant, caller.actor(), received_at=caller.received_at, id=caller.message_id)
    try:
        office.transact(frame, message)
    except Refused as no:
        return RefusedAnswer(why=no.why, rule=no.rule)
    return _answer(office, client, message)


def _answer(office: Office, client: Client, message: ReviewNotice) -> Answer:
    """What the notice says now of this person's word."""
    with office.store.read(client.tenant) as uow:
        notice: Notice | None = load_state(uow, "notice", message.notice)[0]
    mine = notice is not None and notice.reviewer == message.standing.person
    if notice is None or not mine or _SAYS.get(notice.review) != message.verdict:
        return SAID_BEFORE
    return NoticeAnswer(
        client=client,
        code=notice.code,
        verdict=message.verdict,
        at=notice.reviewed_at or notice.last_at,
        needs_person=notice.needs_person,
    )
