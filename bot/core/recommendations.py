"""A recommendation: what the advisor saw, what it says, and the rollout that it became."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from bot.core.advisor import Advice
from bot.core.effects import Effect, ShowCard
from bot.core.envelope import Frame
from bot.core.errors import Broken, Refused
from bot.core.intel import Flaw
from bot.core.offers import Offer
from bot.core.rollout.messages import PlanRollout
from bot.core.tenants import Mode
from bot.core.value import Value


class RecommendationStatus(StrEnum):
    """Whether the client was asked or only told."""

    ASKED = "asked"
    """Became a rollout that waits for a person."""
    SHADOW = "shadow"
    """Only said: the client is not live yet."""


class Analysis(Value):
    """What the recommendation rests on, as it was seen."""

    trigger: str
    flaws: tuple[Flaw, ...]
    not_plannable_rows: int
    also_pending: dict[str, int]
    """Other updates of the same release that stay out of this plan: KB -> devices."""
    superseded: dict[str, tuple[str, ...]]
    source: str = ""
    """Who recommended it from outside; empty when it was our own advisor or a person."""
    words: str = ""
    """What the source says: text to be shown, no part of the offer, never read by the program."""


class Recommendation(Value):
    """The state of one recommendation."""

    id: str
    advice: Advice
    offer: Offer
    analysis: Analysis
    mode: Mode
    at: datetime
    status: RecommendationStatus


class Recommend(Value, tag="recommendation.make"):
    """The advisor, or somebody who asked for it, proposes to roll out this offer."""

    KIND: ClassVar[str] = "recommendation"
    recommendation: str
    code: str
    advice: Advice
    offer: Offer
    analysis: Analysis
    approvers: tuple[str, ...]
    mode: Mode
    approver_names: tuple[str, ...] = ()

    def subject(self) -> str:
        """The recommendation that this makes."""
        return self.recommendation


class Recommended(Value, tag="recommendation.made.1"):
    """It was made, with all that it rests on, and is never changed."""

    recommendation: Recommendation
    code: str
    approvers: tuple[str, ...]
    approver_names: tuple[str, ...] = ()


def decide(known: Recommendation | None, message: object, frame: Frame) -> list[Recommended]:
    """One recommendation is made once; a live client is asked, any other only told."""
    if not isinstance(message, Recommend):
        raise Broken(f"a recommendation cannot be told {type(message).__name__}")
    if known is not None:
        raise Refused("This was recommended already.", rule="already-recommended")
    live = message.mode == Mode.LIVE
    made = Recommendation(
        id=message.recommendation,
        advice=message.advice,
        offer=message.offer,
        analysis=message.analysis,
        mode=message.mode,
        at=frame.received_at,
        status=RecommendationStatus.ASKED if live else RecommendationStatus.SHADOW,
    )
    return [
        Recommended(
            recommendation=made,
            code=message.code,
            approvers=message.approvers,
            approver_names=message.approver_names,
        )
    ]


def evolve(known: Recommendation | None, fact: Recommended) -> Recommendation:
    """A recommendation does not change once it is made."""
    return fact.recommendation


def react(made: Recommendation, fact: Recommended) -> list[Effect | PlanRollout]:
    """A live client gets a rollout and its gate; any other gets a card that says what would have been."""
    if made.status == RecommendationStatus.ASKED:
        plan = PlanRollout(
            rollout=made.offer.rollout,
            code=fact.code,
            offer=made.offer,
            approvers=fact.approvers,
            approver_names=fact.approver_names,
        )
        return [plan]
    return [ShowCard(kind="recommendation", id=made.id)]
