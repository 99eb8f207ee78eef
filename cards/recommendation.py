"""What would have been asked at a client that is not live: said, with nothing to press."""

from __future__ import annotations

from bot.core.tenants import Mode
from cards.device_words import short_size, size
from cards.model import Card, Shape, Status, context, line
from cards.plan_words import PlanContext, plan_lines
from cards.plural import some
from cards.title_line import about, client_name, push_line, title_line, update_name
from cards.views import RecommendationView
from cards.voter_words import PEOPLE_SHOWN, person

_MODES = {
    Mode.SHADOW: "in shadow: the bot only says what it would do",
    Mode.READ_ONLY: "read-only: the bot may look and nothing else",
    Mode.LIVE: "live now: the next plan asks",
}


def shadow_card(view: RecommendationView) -> Card:
    """`Would have asked: ...`, line for line what the gate would have shown."""
    made = view.recommendation
    offer = made.offer
    plan = PlanContext(offer=offer, analysis=made.analysis, now=view.now, zone=view.zone)
    people = some((person(one, view.names) for one in view.approvers), PEOPLE_SHOWN)
    asked = f" Would have needed {offer.rules.quorum} of {people}." if people else ""
    subject = f"{client_name(view.client)} {update_name(offer)}"
    return Card(
        push=push_line("Would have asked: ", subject, f", {short_size(offer.targets)}. Nothing to do", ""),
        title=title_line("Would have asked: ", about(view.client, offer), f", {size(offer.targets)}"),
        status=Status(shape=Shape.NOTE, word="For information"),
        body=(
            *plan_lines(plan),
            line(f"Nothing is installed and nobody is asked: this client is {_MODES[made.mode]}."),
            context(f"Advice: {made.advice.plan} plan, {made.advice.score} of 100 points.{asked}"),
        ),
        key=f"recommendation:{made.id}",
    )
