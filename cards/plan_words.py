"""What a plan says it will do, line by line, as the start gate and a shadow card tell it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from bot.core.offers import Offer
from bot.core.recommendations import Analysis
from cards.device_words import kb_counts, kb_list, left_out_words, noun, staying_out
from cards.halt_words import if_bad, undoable
from cards.model import Spans, Text, line
from cards.plural import count, is_are
from cards.time_words import capital, deadline_words, next_start, span_words, when, window_after, window_words

USERS: Final = (
    "Users: a restart right after the install, if it asks for one. "
    "What is off follows when back, or is listed."
)
"""What the people at these devices notice. Restarts are not moved to a later hour, so none is promised."""


class PlanContext(msgspec.Struct, frozen=True, kw_only=True):
    """A plan with what is known around it."""

    offer: Offer
    analysis: Analysis | None
    now: datetime
    zone: str


def plan_lines(plan: PlanContext) -> tuple[Text, ...]:
    """Lines 2 to 7 of users.md 3.1: when, what, why, users, if bad, who is left out."""
    offer = plan.offer
    return (
        line(*starts_words(plan), later_rings(offer)),
        line(installs_words(offer, plan.analysis)),
        line(why_words(plan), *deadline_words(offer.deadline, plan.now, plan.zone)),
        line(USERS),
        line("If bad: ", if_bad(offer), " ", undoable(offer)),
        line(f"Known problems: not looked up. Left out: {left_out_words(offer)}."),
    )


def starts_words(plan: PlanContext) -> Spans:
    """`Tonight 22:30: 3 test PCs.`"""
    first = plan.offer.devices(0)
    kind = noun(first)
    tested = f"{count(len(first), f'test {kind}' if len(plan.offer.rings) > 1 else kind)}."
    start = next_start(plan.offer, plan.now)
    if start is None:
        return (f"No window opens for it: {tested}",)
    if start <= plan.now:
        return (f"Right after the yes: {tested}",)
    return (*capital(when(start, plan.now, plan.zone)), f": {tested}")


def later_rings(offer: Offer) -> str:
    """` Then 12, then 69, each only if the last is clean for 24 h.`"""
    asks = [needs_yes(offer, ring) for ring in range(1, len(offer.rings))]
    sizes = [f"{len(offer.devices(ring)):,}" for ring in range(1, len(offer.rings))]
    if not sizes:
        return ""
    soaks = {ring.soak_seconds for ring in offer.rings[:-1]}
    clean = f"clean for {span_words(soaks.pop())}" if len(soaks) == 1 else "clean"
    if not any(asks):
        each = ", each only if the last is" if len(sizes) > 1 else ", only if they are"
        return f" Then {', then '.join(sizes)}{each} {clean}."
    told = [
        f"{size} {'after another yes' if asked else 'if clean'}"
        for size, asked in zip(sizes, asks, strict=True)
    ]
    return f" Then {', then '.join(told)}."


def needs_yes(offer: Offer, ring: int) -> bool:
    """True when the policy wants a person before this ring (the rollout's own rule, told ahead)."""
    by_rule = offer.rings[ring - 1].promotion == "gate"
    return by_rule or any(offer.classes[target.device_class].always_ask for target in offer.devices(ring))


def installs_words(offer: Offer, analysis: Analysis | None) -> str:
    """`Installs KB5099901 (61), KB5099902 (23). Not with it: KB5099903 (84).`"""
    also = staying_out(offer, analysis.also_pending if analysis else {})
    stays = f" Not with it: {kb_list(also)}." if also else " Nothing else goes with it."
    return f"Installs {kb_list(kb_counts(offer))}.{stays}"


def why_words(plan: PlanContext) -> str:
    """`Why: 1 of 3 flaws is being exploited. `"""
    if plan.analysis is None or not plan.analysis.flaws:
        return "Why: a flaw is being exploited. " if plan.offer.exploited else "Why: updates are missing. "
    total, bad = len(plan.analysis.flaws), sum(flaw.exploited for flaw in plan.analysis.flaws)
    if not bad:
        return f"Why: closes {count(total, 'flaw')}, none known to be exploited. "
    of = f"{bad:,} of {total:,} flaws" if total > 1 else "1 flaw"
    return f"Why: {of} {is_are(bad)} being exploited. "


def nobody_words(plan: PlanContext) -> Spans:
    """`not done, next window Thu 19 Nov 22:30, 5 days before the deadline.`"""
    start = next_start(plan.offer, plan.now)
    opens = window_after(plan.offer, start) if start else None
    if opens is None:
        return ("not done; ask again whenever you like.",)
    return ("not done, ", *window_words(opens, plan.offer, plan.now, plan.zone), ".")
