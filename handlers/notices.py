"""Notices: whom to tell, and what people say about what they were told."""

from __future__ import annotations

from typing import Final

from bot.core.answers import Client, NoticeAnswer, RefusedAnswer, Reply
from bot.core.buttons import ButtonValue
from bot.core.errors import Broken, Refused
from bot.core.notices import Notice, Review, ReviewNotice, Verdict
from handlers.callers import Caller, recorded
from handlers.hands import load_state
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
    person = directory.next_on_call()
    while person and not (person in reachable and directory.roles(person, tenant)):
        person = directory.next_on_call(person)
    return person


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
    frame = office.frame(client.tenant, caller.actor(), received_at=caller.received_at, id=caller.message_id)
    try:
        office.transact(frame, message)
    except Refused as no:
        return RefusedAnswer(why=no.why, rule=no.rule)
    return _answer(office, client, message)


def _answer(office: Office, client: Client, message: ReviewNotice) -> Reply:
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
