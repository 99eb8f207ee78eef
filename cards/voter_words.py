"""Who may decide, who has, and with which words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.core.gates import Gate, Verb, Vote
from bot.core.narrowing import Narrowing
from bot.core.offers import Offer
from cards.device_words import has_servers
from cards.model import Spans
from cards.plural import count, shortened, some
from cards.time_words import short, when

PERSON_CHARACTERS = 30
REASON_CHARACTERS = 120
PEOPLE_SHOWN = 4


def person(id: str, names: Mapping[str, str]) -> str:
    """A person's name, or the id if the name is not known."""
    return shortened(names.get(id) or id, PERSON_CHARACTERS) or "somebody"


def askable(gate: Gate) -> tuple[str, ...]:
    """Those who could decide, without those who must not or have."""
    question = gate.question
    barred = {question.requester} if question.rules.not_requester else set()
    barred |= {vote.person for vote in gate.approvals()}
    return tuple(dict.fromkeys(one for one in question.approvers if one not in barred))


def needs_words(gate: Gate, names: Mapping[str, str]) -> str:
    """`Needs 1 of Dana, Sam, Lee.`, `Needs both Dana, Sam.`, `Needs 1 more of Sam, Lee; yes from Dana.`"""
    have = gate.approvals()
    missing = max(gate.question.rules.quorum - len(have), 0)
    able = askable(gate)
    who = some((person(one, names) for one in able), PEOPLE_SHOWN) or "nobody"
    more = " more" if have else ""
    yes = f"; yes from {some((voter(vote, names) for vote in have), PEOPLE_SHOWN)}" if have else ""
    if able and len(able) == missing:
        every = {1: "", 2: "both "}.get(missing, "all of ")
        return f"Needs {every}{who}{' too' if have else ''}{yes}."
    return f"Needs {missing}{more} of {who}{yes}."


def why_asked(gate: Gate, offer: Offer, names: Mapping[str, str]) -> str:
    """Which rule wants a person: of the policy as it was frozen into the offer."""
    always = sorted({t.device_class for t in offer.targets if offer.classes[t.device_class].always_ask})
    rule = "servers always ask" if always and has_servers(offer) else "patches ask"
    rules = gate.question.rules
    proposer = gate.question.requester
    apart = f", not {names[proposer]}, who proposed it" if rules.not_requester and proposer in names else ""
    return f'Approval is needed because: policy "{rule}"{apart}.'


def voter(vote: Vote, names: Mapping[str, str]) -> str:
    """The name that was recorded with the vote."""
    return shortened(vote.name, PERSON_CHARACTERS) or person(vote.person, names)


def part_words(changes: Narrowing, at: datetime, zone: str) -> Spans:
    """`only the first ring, without 3 devices, not before Thu 19 Nov 22:30`; or nothing."""
    said: list[str] = []
    if changes.rings:
        said.append("only the first ring" if changes.rings == 1 else f"only the first {changes.rings} rings")
    if changes.without:
        said.append(f"without {count(len(changes.without), 'device')}")
    words: Spans = (", ".join(said),) if said else ()
    if changes.not_before is None:
        return words
    return (*words, ", not before " if said else "not before ", *when(changes.not_before, at, zone))


def vote_words(vote: Vote, gate: Gate, zone: str, names: Mapping[str, str]) -> Spans:
    """`Dana said yes, 22:04.` with the words, if there were any, and with what was taken away."""
    said = "yes" if vote.verb == Verb.APPROVE else "no"
    reason = f": “{shortened(vote.reason, REASON_CHARACTERS)}”" if vote.reason.strip() else ""
    at = short(vote.at, gate.opened_at, zone)
    part = part_words(vote.changes, gate.opened_at, zone)
    return (f"{voter(vote, names)} said {said}, ", *at, reason, *((": ", *part) if part else ()), ".")
