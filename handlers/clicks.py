"""Something pressed becomes an answer: always, in every state, for everybody.

The value of a button says what it means and nothing about who may do it; that is asked anew each time.
"""

from __future__ import annotations

from typing import Final

import msgspec

from bot.core.answers import AskReason, CardWanted, Client, DetailsWanted, PageAnswer, RefusedAnswer, Reply
from bot.core.buttons import ButtonValue, read
from bot.core.errors import Refused
from bot.core.gates import CastVote, Gate, Verb
from bot.core.inbound import Pressed
from bot.core.pages import PATIENCE, Page, PageStatus, PassPage, TakePage
from bot.core.rollout.messages import StopRollout
from bot.core.rollout.state import Rollout
from bot.core.routine_words import ReportRoutine
from bot.core.tenants import SELF
from handlers.callers import SUSPENDED, Caller, admit, counted, recorded
from handlers.changing import change_pressed, is_change
from handlers.hands import load_rollout, load_state
from handlers.notices import VERDICTS, review_pressed
from handlers.office import Office
from handlers.queries import gate_with_id, kind_of_thing
from handlers.routine_desk import REPORTS, report_message, report_pressed
from handlers.steering import resume_clients, resume_rollout, stop_clients, stop_rollout
from handlers.voting import SAID_BEFORE, cast, would_refuse

REASONS: Final = {
    "reject-not-tonight": "Not tonight",
    "reject-known-problem": "Known problem",
    "reject-client-said-no": "Client said no",
    "stop-here": "Stop here",
    "not-yet-missing": "Something is missing",
    "not-yet-date": "The date does not fit",
    "not-yet-client-said-no": "Client said no",
}
"""Verb -> the reason that it stands for (users.md 3.1, 3.2 and 3.5)."""
NOES: Final = ("reject", "not-yet")
"""How verbs begin that say no and may still ask for a reason."""
APPROVALS: Final = frozenset({"approve", "go-on", "go"})
LOOKS: Final = frozenset({"details", "show"})
"""Verbs that change nothing: the long card, and the thing's own card where another stands in its place."""
REASON_FIELD: Final = "reason"
MIN_REASON_CHARACTERS: Final = 2
MAX_REASON_CHARACTERS: Final = 300
"""The same bounds as the form's own, which a sender may have passed by."""
GONE: Final = RefusedAnswer(
    why="What this button belongs to is not there any more. Type `status` to see how it stands.",
    rule="unknown-thing",
)


def press(office: Office, pressed: Pressed) -> Reply:
    """The answer to one click or one sent form, for the person who pressed it."""
    caller = admit(
        office,
        conversation=pressed.conversation,
        person=pressed.person,
        proof=pressed.proof,
        delivery_id=pressed.delivery_id,
        received_at=pressed.received_at,
    )
    if isinstance(caller, RefusedAnswer):
        return caller
    if _named(pressed.value) in {client.tenant for client in caller.suspended}:
        return counted(office, SUSPENDED)
    try:
        value = read(pressed.value, _keys(office, caller, pressed.value))
    except Refused as no:
        return counted(office, RefusedAnswer(why=no.why, rule=no.rule))
    client = _client(caller, value.tenant)
    return _answered(office, caller, client, value, pressed)


def _keys(office: Office, caller: Caller, text: str) -> dict[str, bytes]:
    """The key of the one client that the value names, if this conversation may speak of it at all."""
    named = _named(text)
    return {named: office.button_key(named)} if named in _within_reach(caller) else {}


def _named(text: str) -> str:
    return text.split(".", 2)[1] if text.count(".") >= 2 else ""


def _within_reach(caller: Caller) -> frozenset[str]:
    """Clients whose cards can hang here: a direct message keeps its cards after a role was taken away."""
    known = caller.directory.clients
    if caller.conversation.kind == "dm":
        return frozenset(known)
    return frozenset(tenant for tenant in caller.conversation.tenants if tenant in known)


def _client(caller: Caller, tenant: str) -> Client:
    return Client(tenant=tenant, title=caller.directory.clients[tenant].title)


def _answered(office: Office, caller: Caller, client: Client, value: ButtonValue, pressed: Pressed) -> Reply:
    verb = value.verb
    if verb in VERDICTS:
        return review_pressed(office, caller, client, value)
    if not caller.has_role(client.tenant) and caller.conversation.kind != "client":
        return _outsider(office, caller, client, value)
    if _is_yes(verb) or verb in REASONS or verb.startswith(NOES):
        return _gate_pressed(office, caller, client, value, pressed)
    if verb in ("stop", "resume"):
        return _steer_pressed(office, caller, client, value)
    if verb in ("take", "next"):
        return _page_pressed(office, caller, client, value)
    if verb in REPORTS:
        return report_pressed(office, caller, client, value.subject, verb)
    if verb in LOOKS:
        return _details(office, caller, client, value)
    return counted(
        office, RefusedAnswer(why="I do not know that button any more. Open the card again.", rule="verb")
    )


# --- gates ---


def _is_yes(verb: str) -> bool:
    """To all or to a part."""
    return verb in APPROVALS or is_change(verb)


def _gate_pressed(
    office: Office, caller: Caller, client: Client, value: ButtonValue, pressed: Pressed
) -> Reply:
    with office.store.read(client.tenant) as uow:
        gate = gate_with_id(uow, value.subject)
        copy = uow.find_copy(caller.conversation.surface, pressed.message_id) if pressed.message_id else None
    vote = CastVote(
        gate=value.subject,
        offer8=value.offer8,
        verb=Verb.APPROVE if _is_yes(value.verb) else Verb.REJECT,
        reason=REASONS.get(value.verb, ""),
        standing=caller.standing(client.tenant),
        card_digest=copy.digest if copy and copy.card == f"gate:{value.subject}" else "",
    )
    if is_change(value.verb):
        return change_pressed(office, caller, client, gate, vote, value.verb, pressed.fields)
    small = gate is not None and gate.question.subject_kind == "routine"  # a scan: a plain no is enough
    if vote.verb == Verb.APPROVE or vote.reason or small:
        return cast(office, caller, client, vote)
    return _rejected_in_words(office, caller, client, gate, vote, value.verb, _reason(pressed))


def _reason(pressed: Pressed) -> str:
    words = next((text for name, text in pressed.fields if name == REASON_FIELD), "")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())


def _rejected_in_words(
    office: Office,
    caller: Caller,
    client: Client,
    gate: Gate | None,
    vote: CastVote,
    verb: str,
    reason: str,
) -> Reply:
    """Words count as the reason; without them the question is which reason, unless it is too late to ask."""
    if len(reason) > MAX_REASON_CHARACTERS:
        return RefusedAnswer(
            why=f"That reason is longer than {MAX_REASON_CHARACTERS} characters. Nothing was decided.",
            rule="reason-too-long",
        )
    if len(reason) >= MIN_REASON_CHARACTERS:
        return cast(office, caller, client, msgspec.structs.replace(vote, reason=reason))
    no = would_refuse(gate, vote, caller.frame(client.tenant))
    if no is not None:
        return recorded(office, caller, client.tenant, vote, no)
    return AskReason(tenant=client.tenant, gate=vote.gate, in_words=verb in ("reject-words", "not-yet-words"))


def _outsider(office: Office, caller: Caller, client: Client, value: ButtonValue) -> RefusedAnswer:
    """Outside the client's own conversation somebody without any role is not even told whom to ask."""
    no = Refused(
        "You have no role at this client any more, so you cannot do this. Nothing was done.",
        rule="not-entitled",
    )
    standing = caller.standing(client.tenant)
    message: CastVote | StopRollout | TakePage | ReportRoutine
    match value.verb:
        case "details" | "show":
            return counted(office, RefusedAnswer(why=no.why, rule=no.rule))
        case "stop" | "resume":
            message = StopRollout(rollout=value.subject, standing=standing)
        case "take" | "next":
            message = TakePage(page=value.subject, standing=standing)
        case "did" | "not-done":
            message = report_message(caller, client, value.subject, value.verb)
        case _:
            verb = Verb.APPROVE if _is_yes(value.verb) else Verb.REJECT
            message = CastVote(
                gate=value.subject, offer8=value.offer8, verb=verb, reason="", standing=standing
            )
    return recorded(office, caller, client.tenant, message, no)


# --- work under way ---


def _steer_pressed(office: Office, caller: Caller, client: Client, value: ButtonValue) -> Reply:
    if value.subject == SELF:
        if value.verb == "stop":
            return stop_clients(office, caller, (client,), "")
        return resume_clients(office, caller, (client,))
    rollout = _rollout(office, client, value.subject)
    if rollout is None:
        return counted(office, GONE)
    if value.verb == "stop":
        return stop_rollout(office, caller, client, rollout, "")
    return resume_rollout(office, caller, client, rollout)


def _rollout(office: Office, client: Client, subject: str) -> Rollout | None:
    """The rollout that a card is about, also when the card is that of its question."""
    with office.store.read(client.tenant) as uow:
        rollout, _ = load_rollout(uow, subject)
        gate = None if rollout else gate_with_id(uow, subject)
        return load_rollout(uow, gate.question.subject_id)[0] if gate else rollout


def _details(office: Office, caller: Caller, client: Client, value: ButtonValue) -> Reply:
    if not caller.has_role(client.tenant):
        return counted(
            office, RefusedAnswer(why="You have no role at this client. Ask a lead.", rule="no-role")
        )
    with office.store.read(client.tenant) as uow:
        kind = kind_of_thing(uow, value.subject)
    if kind and value.verb == "show":
        return CardWanted(tenant=client.tenant, kind=kind, id=value.subject)
    if kind:
        return DetailsWanted(tenant=client.tenant, kind=kind, id=value.subject)
    return counted(office, GONE)


# --- pages ---


def _page_pressed(office: Office, caller: Caller, client: Client, value: ButtonValue) -> Reply:
    standing = caller.standing(client.tenant)
    message = (
        TakePage(page=value.subject, standing=standing)
        if value.verb == "take"
        else PassPage(page=value.subject, standing=standing)
    )
    if not standing.roles:
        no = Refused("Only people of the desk can do this. Nothing was done.", rule="not-entitled")
        return recorded(office, caller, client.tenant, message, no)
    frame = office.frame(client.tenant, caller.actor(), received_at=caller.received_at, id=caller.message_id)
    try:
        office.transact(frame, message)
    except Refused as no:
        return RefusedAnswer(why=no.why, rule=no.rule)
    return _page_answer(office, caller, client, value)


def _page_answer(office: Office, caller: Caller, client: Client, value: ButtonValue) -> Reply:
    with office.store.read(client.tenant) as uow:
        page: Page | None = load_state(uow, "page", value.subject)[0]
        rollout = load_rollout(uow, page.subject_id)[0] if page else None
    if page is None:
        return counted(office, GONE)
    taken = page.status == PageStatus.TAKEN
    if value.verb == "take" and not (taken and page.taken_by == caller.person.name):
        return SAID_BEFORE
    following = caller.directory.next_on_call(page.person)
    return PageAnswer(
        client=client,
        code=rollout.code if rollout else "",
        reason=page.reason,
        taken_by=page.taken_by,
        next_name="" if taken else "".join(caller.names((following,) if following else ())),
        next_at=page.opened_at + PATIENCE if page.status == PageStatus.OPEN else None,
    )
