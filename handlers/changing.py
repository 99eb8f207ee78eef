"""A yes to less than all: what was pressed, typed or filled in becomes a narrowing of exactly this offer.

Whether somebody may decide at all is answered first; then what does not fit is said with the reason, and
nothing is counted. The gate and the rollout judge the narrowing once more when the vote reaches them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec

from bot.core.answers import Answer, AskChanges, Client, Reply
from bot.core.command_values import Approve
from bot.core.errors import Refused
from bot.core.gates import CastVote, Gate
from bot.core.narrowing import UNCHANGED, Narrowing, combined, narrowed
from bot.core.narrowing_choices import (
    FIRST_RING,
    devices_named,
    later_starts,
    servers,
    tidied,
    without_servers,
)
from bot.core.offers import Offer
from handlers.callers import Caller, recorded
from handlers.hands import load_rollout
from handlers.office import Office
from handlers.voting import cast, would_refuse

CHOICES: Final = "change"
FORM: Final = "change-form"
SUBMIT: Final = "approve-form"
FIRST: Final = "approve-first-ring"
SERVERS: Final = "approve-without-servers"
FROM: Final = "approve-from-"
"""Before the moment in seconds since 1970, so that the button itself says which start was meant."""

RINGS_FIELD: Final = "rings"
WITHOUT_FIELD: Final = "without"
START_FIELD: Final = "start"
ALL: Final = "all"
PLANNED: Final = "planned"
NUMBER_SIGNS: Final = 11
"""A longer number is no ring and no moment of the next thousand years."""
START_RULES: Final = frozenset({"earlier", "outside-window", "too-late-to-finish"})
"""Refusals that are about the start; the others are about devices or rings."""

Fields = tuple[tuple[str, str], ...]
Faults = tuple[tuple[str, str], ...]


def is_change(verb: str) -> bool:
    """True for every button of a yes to less than all, and for those that lead there."""
    return verb in (CHOICES, FORM, SUBMIT, FIRST, SERVERS) or verb.startswith(FROM)


def change_pressed(
    office: Office, caller: Caller, client: Client, gate: Gate | None, vote: CastVote, verb: str, sent: Fields
) -> Reply:
    """The choices, the form, or the answer to the vote that a choice is; `vote` is that of a plain yes."""
    if _heard_before(office, caller, client):
        return cast(office, caller, client, vote)
    offer = _offer(office, client, gate)
    no = _not_now(gate, vote, caller, client)
    if gate is None or offer is None or no is not None:
        return recorded(office, caller, client.tenant, vote, no or _gone(vote.gate))
    ask = AskChanges(tenant=client.tenant, gate=gate.id, person=caller.person.id, in_form=verb == FORM)
    if verb in (CHOICES, FORM):
        return ask
    if verb == SUBMIT:
        changes, faults = _filled_in(offer, sent, _of_others(gate, caller))
        if faults:
            return msgspec.structs.replace(ask, in_form=True, faults=faults)
        return cast(office, caller, client, msgspec.structs.replace(vote, changes=changes))
    try:
        changes = tidied(offer, _one_tap(offer, verb))
    except Refused as fault:
        return recorded(office, caller, client.tenant, vote, fault)
    return cast(office, caller, client, msgspec.structs.replace(vote, changes=changes))


def changes_typed(
    office: Office, caller: Caller, client: Client, gate: Gate, vote: CastVote, wish: Approve
) -> Answer:
    """The answer to `approve 7K2 test only` and the like."""
    if _heard_before(office, caller, client):
        return cast(office, caller, client, vote)
    offer = _offer(office, client, gate)
    no = _not_now(gate, vote, caller, client)
    if no is not None or offer is None:
        return recorded(office, caller, client.tenant, vote, no or _gone(gate.id))
    try:
        changes = tidied(offer, _typed(offer, wish, caller.received_at))
    except Refused as fault:
        return recorded(office, caller, client.tenant, vote, fault)
    return cast(office, caller, client, msgspec.structs.replace(vote, changes=changes))


# --- who, and what there is ---


def _heard_before(office: Office, caller: Caller, client: Client) -> bool:
    """A repeated delivery: it is answered with what came of it, and nothing is counted again."""
    with office.store.read(client.tenant) as uow:
        return uow.has_message(caller.message_id)


def _not_now(gate: Gate | None, vote: CastVote, caller: Caller, client: Client) -> Refused | None:
    """Why this person can approve no part now, whatever part; that they said yes before is no reason."""
    probe = msgspec.structs.replace(vote, changes=FIRST_RING)
    no = would_refuse(gate, probe, caller.frame(client.tenant))
    return None if no is not None and no.rule == "already-voted" else no


def _gone(gate: str) -> Refused:
    return Refused(f"What {gate} was about is not there any more.", rule="unknown-thing")


def _offer(office: Office, client: Client, gate: Gate | None) -> Offer | None:
    if gate is None:
        return None
    with office.store.read(client.tenant) as uow:
        rollout, _ = load_rollout(uow, gate.question.subject_id)
    return rollout.offer if rollout else None


def _of_others(gate: Gate, caller: Caller) -> Narrowing:
    """What the other voters took away so far: mine replaces what I said before."""
    return combined([vote.changes for vote in gate.approvals() if vote.person != caller.person.id])


# --- what was meant ---


def _one_tap(offer: Offer, verb: str) -> Narrowing:
    if verb == FIRST:
        return _something(FIRST_RING if len(offer.rings) > 1 else UNCHANGED, "This plan has only one ring.")
    if verb == SERVERS:
        return _something(without_servers(offer), "This plan has not both PCs and servers.")
    return Narrowing(not_before=_moment(verb.removeprefix(FROM)))


def _typed(offer: Offer, wish: Approve, at: datetime) -> Narrowing:
    named = devices_named(offer, wish.without)
    if not wish.servers and not servers(offer):
        raise Refused("No server is in this plan, so nothing was approved.", rule="nothing-changed")
    if not wish.servers:
        named = tuple(sorted({*named, *servers(offer)}))
    starts = later_starts(offer, at, 1) if wish.later else ()
    if wish.later and not starts:
        raise Refused(
            "No later window leaves enough time before the approval ends, so nothing was approved.",
            rule="too-late-to-finish",
        )
    meant = Narrowing(rings=wish.rings, without=named, not_before=starts[0] if starts else None)
    narrowed(offer, meant)
    return _something(tidied(offer, meant), "That leaves nothing out.")


def _something(changes: Narrowing, otherwise: str) -> Narrowing:
    """A yes to all is never given by a word for less."""
    if changes.empty():
        raise Refused(
            f"{otherwise} Nothing was approved. To approve all of it, press or type approve.",
            rule="nothing-changed",
        )
    return changes


def _moment(text: str) -> datetime:
    number = _number(text)
    if number is None:
        raise Refused("Please choose one of the starts shown.", rule="no-moment")
    return datetime.fromtimestamp(number, UTC)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= NUMBER_SIGNS else None


# --- the form ---


def _filled_in(offer: Offer, sent: Fields, others: Narrowing) -> tuple[Narrowing, Faults]:
    """The narrowing that a form means, or what is wrong with it, each fault at its field."""
    rings, rings_fault = _rings(_values(sent, RINGS_FIELD))
    without, without_fault = _without(offer, _values(sent, WITHOUT_FIELD))
    start, start_fault = _start(_values(sent, START_FIELD))
    found = (rings_fault, RINGS_FIELD), (start_fault, START_FIELD), (without_fault, WITHOUT_FIELD)
    faults = tuple((field, fault) for fault, field in found if fault)
    if faults:
        return UNCHANGED, faults
    changes = Narrowing(rings=rings, without=without, not_before=start)
    try:
        narrowed(offer, changes)
        changes = _something(tidied(offer, changes), "Nothing is left out here.")
        narrowed(offer, combined((changes, others)))
    except Refused as no:
        field = START_FIELD if no.rule in START_RULES else WITHOUT_FIELD if without else RINGS_FIELD
        return UNCHANGED, ((field, no.why),)
    return changes, ()


def _values(sent: Fields, field: str) -> tuple[str, ...]:
    return tuple(value.strip() for name, value in sent if name == field and value.strip())


def _rings(values: tuple[str, ...]) -> tuple[int, str]:
    number = _number(values[0]) if len(values) == 1 else None
    if values == (ALL,):
        return 0, ""
    return (number, "") if number else (0, "Please choose one of the options shown.")


def _start(values: tuple[str, ...]) -> tuple[datetime | None, str]:
    if values == (PLANNED,):
        return None, ""
    try:
        return _moment(values[0] if len(values) == 1 else ""), ""
    except Refused as no:
        return None, no.why


def _without(offer: Offer, values: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Ids from the list, or names as they were written, several with spaces or commas between them."""
    try:
        return devices_named(offer, _words(offer, values)), ""
    except Refused as no:
        return (), no.why


def _words(offer: Offer, values: tuple[str, ...]) -> Iterable[str]:
    for value in values:
        whole = offer.target(value) or any(one.name.casefold() == value.casefold() for one in offer.targets)
        yield from (value,) if whole else value.replace(",", " ").replace(";", " ").split()
