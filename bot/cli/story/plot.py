"""What the story must have left behind: each step has its entry, and no client's entry speaks of another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from bot.cli.story.case import Case, Finding, clients
from bot.cli.story.record import FleetView, Happened, LedgerView


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """What was played: which client had the good patch, which the bad one, and the devices of note."""

    good: str = ""
    """Empty when there was nothing to recommend there."""
    bad: str = ""
    blocked: str = ""
    held: str = ""
    left_out: str = ""
    """A device that was taken away when the bad patch was approved."""
    requested: str = ""
    """Id of the rollout that a person asked for and another one rejected."""


Step = tuple[str, str, Callable[[Happened], bool]]
"""What a person would call it, the type of the fact, and what must be true of one such fact."""


def _any(fact: Happened) -> bool:
    return True


def _moved(to: str, device: str = "") -> Callable[[Happened], bool]:
    return lambda fact: any(
        move["to"] == to and device in ("", move["device"]) for move in fact.fact["moves"]
    )


def _intends(kind: str) -> Callable[[Happened], bool]:
    return lambda fact: any(action["type"] == kind for action in fact.fact["actions"])


def _says(**wanted: Any) -> Callable[[Happened], bool]:
    return lambda fact: all(fact.fact.get(name) == value for name, value in wanted.items())


def _leaves(device: str) -> Callable[[Happened], bool]:
    return lambda fact: device in fact.fact["vote"]["changes"]["without"]


BEGINNING: Final[tuple[Step, ...]] = (
    ("the recommendation", "recommendation.made", _any),
    ("the plan", "rollout.planned", _any),
    ("the question", "gate.opened", lambda fact: fact.fact["question"]["purpose"] == "start"),
    ("the card", "card.shown", _any),
    ("the vote", "gate.vote_counted", lambda fact: fact.fact["vote"]["verb"] == "approve"),
    ("the decision", "gate.decided", _says(status="approved")),
    ("the approval", "rollout.approved", _any),
    ("the start", "rollout.started", _any),
    ("the first ring", "ring.started", _says(ring=0)),
    ("an intended install", "action.intended", _intends("install")),
    ("an answer of the RMM", "action.answered", _any),
    ("a restart", "action.intended", _intends("reboot")),
    ("a healthy device", "device.moved", _moved("healthy")),
)


def check_steps(plot: Plot, ledgers: dict[str, LedgerView], all_cases: list[Case]) -> Iterator[Finding]:
    """Every step of the story has its entry."""
    for tenant, steps in ((plot.good, _good(plot, all_cases)), (plot.bad, _bad(plot))):
        ledger = ledgers.get(tenant)
        if not tenant or ledger is None or ledger.unreadable:
            continue
        for words, tag, holds in (*BEGINNING, *steps):
            if not any(holds(fact) for fact in ledger.of(tag)):
                yield Finding(breach="story", sentence=f"{tenant}: {words} has no entry ({tag})")
        yield from _refusals(tenant, ledger, plot)


def _good(plot: Plot, all_cases: list[Case]) -> list[Step]:
    case = next((c for c in all_cases if c.tenant == plot.good and c.id != plot.requested), None)
    rings = range(len(case.plan["rings"])) if case else ()
    steps: list[Step] = [
        (f"the {what} of ring {number + 1}", f"ring.{what}", _says(ring=number))
        for number in rings
        for what in ("started", "soaking", "promoted")
    ]
    steps += [
        ("the stop", "tenant.stopped", _any),
        ("the pause of the rollout", "rollout.paused", _says(kind="operator")),
        ("the resumption", "tenant.resumed", _any),
        ("the completion", "rollout.ended", lambda f: f.fact["status"].startswith("completed")),
    ]
    if plot.blocked:
        steps.append(("the blocked device", "device.moved", _moved("blocked", plot.blocked)))
    if plot.held:
        steps.append(("the held laptop", "device.moved", _moved("held", plot.held)))
    if plot.requested:
        steps.append(("the rejection", "gate.decided", _says(status="rejected")))
        steps.append(("its reason", "gate.vote_counted", lambda f: bool(f.fact["vote"]["reason"])))
    return steps


def _bad(plot: Plot) -> list[Step]:
    left: list[Step] = [
        ("the vote for a part", "gate.vote_counted", _leaves(plot.left_out)),
        ("the device that was left out", "device.moved", _moved("left-out", plot.left_out)),
    ]
    return [
        *(left if plot.left_out else ()),
        ("the halt", "rollout.halted", _any),
        ("the page", "page.opened", _any),
        ("the page taken", "page.taken", _any),
        ("the rollback", "rollback.started", _any),
        ("an intended removal", "action.intended", _intends("uninstall")),
        ("a restored device", "device.moved", _moved("restored")),
        ("the end of the rollback", "rollout.ended", _says(status="rolled-back")),
    ]


def _refusals(tenant: str, ledger: LedgerView, plot: Plot) -> Iterator[Finding]:
    """Who was told no is written down with the rule."""
    wanted = ["not-entitled"] if tenant == plot.good else []
    wanted += ["own-request"] if tenant == plot.good and plot.requested else []
    given = {(entry.content.get("refusal") or {}).get("rule") for entry in ledger.entries}
    for rule in wanted:
        if rule not in given:
            yield Finding(breach="story", sentence=f"{tenant}: the refusal {rule!r} has no entry")


def check_privacy(ledgers: dict[str, LedgerView], fleet: FleetView) -> Iterator[Finding]:
    """A client's entries name no other client and no device of another client."""
    own = clients(ledgers)
    for tenant, ledger in sorted(own.items()):
        foreign = foreign_words(tenant, set(own), fleet)
        for entry in ledger.entries:
            text = entry.text.casefold()
            found = next((word for word in foreign if word in text), None)
            if found:
                sentence = f"entry {entry.seq} of {tenant} names {found!r}"
                yield Finding(breach="privacy", sentence=sentence)


def foreign_words(tenant: str, tenants: set[str], fleet: FleetView) -> list[str]:
    """Names of the other clients; the simulator's devices carry them in front."""
    others = {name.casefold() for name in fleet.organisations.values()} | tenants
    return sorted(word for word in others if word != tenant and not word.startswith(tenant))
