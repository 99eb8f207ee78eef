"""One rollout as its ledger tells it, for the checker: the offer, what happened, and who was asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from bot.cli.story.narrowed import left_of, name_of, taken_away
from bot.cli.story.record import FleetView, Happened, LedgerView, moment

HOUSE: Final = "house"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it must be."""

    breach: str
    """What kind of promise was broken, in one word."""
    sentence: str


class Case:
    """A rollout of a tenant, with the house's knowledge beside it."""

    def __init__(self, ledger: LedgerView, house: LedgerView, planned: Happened) -> None:
        self.tenant = ledger.tenant
        self.ledger = ledger
        self.house = house
        self.id = planned.id
        self.code: str = planned.fact["code"]
        self.offer: dict[str, Any] = planned.fact["offer"]
        self.digest: str = planned.fact["offer_digest"]
        self.targets: dict[str, dict[str, Any]] = {one["device_id"]: one for one in self.offer["targets"]}
        self.facts = tuple(fact for fact in ledger.facts if fact.kind == "rollout" and fact.id == planned.id)
        changes = self._taken_away()
        self.plan = left_of(self.offer, changes)
        """What those who approved left of the offer: all that may be carried out."""
        self.in_force = name_of(self.plan) if changes else self.digest

    def _taken_away(self) -> list[dict[str, Any]]:
        approval = next(iter(self.of("rollout.approved")), None)
        return taken_away(self.gate(approval.fact["gate"])) if approval else []

    def planned(self, device: str) -> dict[str, Any] | None:
        """What may be done to a device; None when nothing may."""
        return next((one for one in self.plan["targets"] if one["device_id"] == device), None)

    def of(self, tag: str) -> list[Happened]:
        """This rollout's facts of one type, in order."""
        return [fact for fact in self.facts if fact.tag == tag]

    def intents(self) -> Iterator[tuple[Happened, dict[str, Any]]]:
        """Every action that was intended, with the fact that says so."""
        for fact in self.of("action.intended"):
            for action in fact.fact["actions"]:
                yield fact, action

    def final_states(self) -> dict[str, str]:
        """Device -> the last state that the ledger gives it."""
        return {move["device"]: move["to"] for fact in self.of("device.moved") for move in fact.fact["moves"]}

    def name(self, device: str) -> str:
        """The device as people know it."""
        return str(self.targets.get(device, {}).get("name", f"device {device}"))

    def gate(self, gate: str) -> list[Happened]:
        """Everything that happened to one of its questions."""
        return [fact for fact in self.ledger.facts if fact.kind == "gate" and fact.id == gate]


def cases(ledgers: dict[str, LedgerView]) -> list[Case]:
    """Every rollout of every client."""
    house = ledgers.get(HOUSE, LedgerView(tenant=HOUSE))
    return [
        Case(ledger, house, planned)
        for tenant, ledger in sorted(ledgers.items())
        if tenant != HOUSE
        for planned in ledger.of("rollout.planned")
    ]


def clients(ledgers: dict[str, LedgerView]) -> dict[str, LedgerView]:
    """All ledgers but the house's."""
    return {tenant: ledger for tenant, ledger in ledgers.items() if tenant != HOUSE}


def roles_at(house: LedgerView, person: str, tenant: str, place_time: Happened) -> set[str]:
    """What a person was at a client at a moment, by the house's own entries."""
    known: dict[str, Iterable[str]] = {}
    for fact in house.of("house.person_registered"):
        if fact.fact["person"]["id"] == person and fact.at <= place_time.at:
            known = fact.fact["person"]["roles"]
    return {*known.get(tenant, ()), *known.get("*", ())}


def organisation_of(house: LedgerView, tenant: str) -> set[str]:
    """Which organisations of the vendor belong to this client."""
    return {
        f.fact["organisation"] for f in house.of("house.organisation_mapped") if f.fact["tenant"] == tenant
    }


def unsound(case: Case, gate_id: str, digest: str) -> str:
    """Why this question does not carry an approval of this offer; empty when it does."""
    facts = case.gate(gate_id)
    opened = next((fact for fact in facts if fact.tag == "gate.opened"), None)
    decided = next((f for f in facts if f.tag == "gate.decided" and f.fact["status"] == "approved"), None)
    if opened is None or decided is None:
        return f"question {gate_id} was never approved"
    question = opened.fact["question"]
    if question["offer_digest"] != digest:
        return f"question {gate_id} was asked for another offer"
    shown = [fact for fact in facts if fact.tag == "card.shown" and fact.place < decided.place]
    if not any(fact.fact["offer_digest"] == digest for fact in shown):
        return f"no card of question {gate_id} was shown before it was decided"
    return _votes_unsound(case, facts, opened, decided)


def _votes_unsound(case: Case, facts: list[Happened], opened: Happened, decided: Happened) -> str:
    question, rules = opened.fact["question"], opened.fact["question"]["rules"]
    entitled: set[str] = set()
    for fact in facts:
        if fact.tag != "gate.vote_counted" or fact.place > decided.place:
            continue
        vote = fact.fact["vote"]
        person = vote["person"]
        if not roles_at(case.house, person, case.tenant, fact) & set(rules["roles"]):
            return f"{person} voted and was not entitled"
        if rules["not_requester"] and person == question["requester"]:
            return f"{person} asked for it and voted on it"
        if moment(vote["at"]) >= moment(opened.fact["expires_at"]):
            return f"{person} voted after the end of the question"
        if vote["verb"] == "approve":
            entitled.add(person)
    if len(entitled) < rules["quorum"]:
        return f"{len(entitled)} approved and {rules['quorum']} must"
    return ""


def is_self_patching(fleet: FleetView, device: str) -> bool:
    """True when an RMM policy installs there by itself, outside of our doing."""
    return "self-patching" in fleet.devices.get(device, {}).get("tags", ())
