"""A small ledger and a small fleet in which nothing is wrong, as the checker reads them, to be broken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.cli.story.record import EntryView, FleetView, Happened, Job, LedgerView

BEGAN = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
KEY = "r1:101:1:install"


class Told:
    """Facts in the order told, one entry each."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.facts: list[Happened] = []
        self.text = ""

    def fact(self, thing: str, id: str, tag: str, minute: int = 0, /, **fact: Any) -> None:
        """One more fact, so many minutes after the beginning."""
        number = len(self.facts)
        self.facts.append(
            Happened(
                place=number,
                seq=number + 1,
                at=BEGAN + timedelta(minutes=minute),
                kind=thing,
                id=id,
                tag=tag,
                fact=fact,
                actor={"kind": "bot", "id": "ringmaster"},
                message={"type": "any"},
            )
        )

    def view(self) -> LedgerView:
        """The ledger as the checker reads it."""
        entries = tuple(
            EntryView(seq=fact.seq, kind=fact.tag, text=str(fact.fact) + self.text, content={})
            for fact in self.facts
        )
        return LedgerView(tenant=self.tenant, entries=entries, facts=tuple(self.facts))


def house() -> Told:
    """Sam is a technician everywhere, Mia only looks; organisation 1 is Contoso."""
    told = Told("house")
    for person, role in (("sam", "technician"), ("mia", "viewer")):
        told.fact(
            "directory", "directory", "house.person_registered", person={"id": person, "roles": {"*": [role]}}
        )
    told.fact(
        "directory", "directory", "house.organisation_mapped", organisation="1", tenant="contoso", account="a"
    )
    return told


def contoso(voter: str = "sam", *, asks: bool = False) -> Told:
    """One PC in ring 1 and one server in ring 2: asked, shown, approved, intended, healthy."""
    told = Told("contoso")
    told.fact("rollout", "r1", "rollout.planned", code="7K2", offer=offer(asks), offer_digest="abc")
    rules = {"roles": ["technician"], "quorum": 1, "not_requester": True}
    question = {"offer_digest": "abc", "purpose": "start", "rules": rules, "requester": "advisor"}
    told.fact("gate", "g1", "gate.opened", question=question, expires_at="2026-11-16T20:00:00Z")
    told.fact("gate", "g1", "card.shown", offer_digest="abc")
    vote = {"person": voter, "verb": "approve", "at": "2026-11-16T12:00:00Z", "reason": ""}
    told.fact("gate", "g1", "gate.vote_counted", vote=vote)
    told.fact("gate", "g1", "gate.decided", status="approved")
    told.fact("rollout", "r1", "rollout.approved", gate="g1", offer_digest="abc")
    intend(told, "101", KEY, minute=1)
    told.fact("rollout", "r1", "device.moved", 20, moves=[{"device": "101", "to": "healthy"}])
    return told


def offer(asks: bool) -> dict[str, Any]:
    """What was approved."""
    return {
        "targets": [
            {"device_id": "101", "name": "PC1", "kb": "5000001", "ring": 0, "device_class": "workstation"},
            {"device_id": "102", "name": "SRV1", "kb": "5000002", "ring": 1, "device_class": "server"},
        ],
        "classes": {"workstation": {"always_ask": False}, "server": {"always_ask": asks}},
        "caps": {"concurrent": 1},
        "rings": [{"name": "canary"}, {"name": "all"}],
        "left_out": [],
        "starts_at": "2026-11-16T12:00:00Z",
        "rollback": "ask",
    }


def intend(
    told: Told,
    device: str,
    key: str,
    *,
    minute: int,
    kind: str = "install",
    kb: str = "5000001",
    digest: str = "abc",
) -> None:
    """One more intent."""
    action = {"type": kind, "device_id": device, "key": key, "kb": kb}
    told.fact("rollout", "r1", "action.intended", minute, actions=[action], offer_digest=digest)


def effect(what: str, minute: int, device: str = "101", key: str = KEY, **changes: Any) -> dict[str, Any]:
    """One line of the simulator's truth."""
    at = BEGAN + timedelta(minutes=minute)
    line = {
        "effect": what,
        "at": at.isoformat().replace("+00:00", "Z"),
        "device_id": int(device),
        "device": f"PC{device}",
        "organisation_id": 1,
        "kb": "5000001",
        "key": key,
        "why": "install",
    }
    return {**line, **changes}


def fleet(
    *more: dict[str, Any], jobs: tuple[Job, ...] = (), installed: tuple[str, ...] = ("5000001",)
) -> FleetView:
    """The PC got its update once, after the intent."""
    job = Job(kind="install", key=KEY, kb="5000001", device="101", asked_s=second(1))
    devices: dict[str, dict[str, Any]] = {
        "101": {"tags": [], "installed": dict.fromkeys(installed, 1)},
        "102": {"tags": [], "installed": {}},
    }
    return FleetView(
        effects=(effect("install started", 2), effect("installed", 9), *more),
        requests=(),
        jobs=(job, *jobs),
        devices=devices,
        organisations={"1": "Contoso", "2": "Fabrikam"},
    )


def second(minute: int) -> int:
    """The simulator's second of so many minutes after the beginning."""
    return int((BEGAN + timedelta(minutes=minute)).timestamp())
