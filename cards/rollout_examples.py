"""Example cards of one rollout from the plan to each of its ends, of its pages, and of a client in shadow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.core.advisor import Advice, Flip, PlanType
from bot.core.factors import Factor, Part
from bot.core.narrowing import Narrowing
from bot.core.pages import Page, PageStatus
from bot.core.recommendations import Recommendation, RecommendationStatus
from bot.core.rollout.state import DeviceState, PauseKind, RingStatus, Rollout, RolloutStatus, Run
from bot.core.tenants import Mode
from cards import sample
from cards.details import rollout_details
from cards.model import Card
from cards.page import page_card
from cards.recommendation import shadow_card
from cards.rollout import rollout_card
from cards.views import PageView, RecommendationView, RolloutView

S, D = RolloutStatus, DeviceState
NIGHT = sample.START + timedelta(hours=2, minutes=11)


def view(rollout: Rollout, devices: tuple[Run, ...] = (), **changes: Any) -> RolloutView:
    """A view of the invented client."""
    fields: dict[str, Any] = {
        "rollout": rollout,
        "client": sample.CLIENT,
        "names": sample.NAMES,
        "buttons": sample.buttons("stop", "resume", "details"),
        "now": NIGHT,
        "zone": sample.ZONE,
        "devices": devices,
    }
    return RolloutView(**(fields | changes))


def page_view(page: Page, rollout: Rollout | None, devices: tuple[Run, ...] = (), **changes: Any) -> PageView:
    """A call about it."""
    fields: dict[str, Any] = {
        "page": page,
        "rollout": rollout,
        "client": sample.CLIENT,
        "names": sample.NAMES,
        "buttons": sample.buttons("take", "next", "details"),
        "now": NIGHT,
        "zone": sample.ZONE,
        "devices": devices,
        "next_person": "tomas",
    }
    return PageView(**(fields | changes))


_FINE = sample.ring(RingStatus.PROMOTED, {"healthy": 5}, closed_at=NIGHT)
_BUSY = sample.ring(
    RingStatus.DEPLOYING,
    {"healthy": 4, "installing": 2, "rebooting": 1, "planned": 2, "held": 2, "blocked": 1},
)
_SOAK = sample.ring(
    RingStatus.SOAKING, {"healthy": 9, "held": 2, "blocked": 1}, soak_until=NIGHT + timedelta(hours=22)
)
_BROKEN = sample.ring(RingStatus.HALTED, {"healthy": 1, "failed": 1, "silent": 3})
_BACK = sample.ring(
    RingStatus.HALTED, {"healthy": 1, "silent": 1, "restored": 2, "rolling-back": 1}, failures=4
)
_ALL_BACK = sample.ring(RingStatus.HALTED, {"restored": 5}, failures=4)
_STUCK = sample.ring(RingStatus.HALTED, {"restored": 3, "rollback-failed": 2}, failures=4)
_LAST = sample.ring(RingStatus.PROMOTED, {"healthy": 44})
_LAST_PART = sample.ring(RingStatus.PROMOTED, {"healthy": 40, "failed": 1, "silent": 1, "held": 2})

_ASIDE = (
    sample.run(8, D.HELD, "off: follows when it is back", 1),
    sample.run(9, D.HELD, "off: follows when it is back", 1),
    sample.run(12, D.BLOCKED, "set changed since approval (newly approved in the RMM: KB5099903)", 1),
)
_DOWN = (
    sample.run(1, D.SILENT, "no contact since 23:02 UTC"),
    sample.run(3, D.SILENT, "no contact since 23:04 UTC"),
    sample.run(4, D.SILENT, "no contact since 23:07 UTC"),
    sample.run(5, D.FAILED, "install ended with code 1603"),
)
_NOT_BACK = (
    sample.run(1, D.ROLLBACK_FAILED, "not back by the deadline: off"),
    sample.run(3, D.ROLLBACK_FAILED, "not back by the deadline: off"),
)
_WHY = "4 of 5 devices failed (rollout: evidence 120, halts at 100)"
_HALT: dict[str, Any] = {"halted_at": NIGHT - timedelta(minutes=1), "halt_text": _WHY}
_HALTED = sample.running((_BROKEN,), status=S.HALTED, gate_code="5RX", plan=sample.exploited(), **_HALT)
_UNDOING = sample.running((_BACK,), status=S.ROLLING_BACK, rollback_by="halt rule", **_HALT)
_UNDO_FAILED = sample.running(
    (_STUCK,),
    status=S.ROLLBACK_INCOMPLETE,
    ended_at=NIGHT,
    end_text="3 devices are back, 2 are not and need hands",
    **_HALT,
)
_DONE: dict[str, Any] = {"ended_at": NIGHT, "at": 2}
_EVIDENCE = sample.paused(
    PauseKind.EVIDENCE,
    "3 of 3 devices failed (rollout: evidence 28, pauses at 20)",
    (sample.ring(RingStatus.DEPLOYING, {"installing": 2, "failed": 3}),),
)

ROLLOUTS: dict[str, Card] = {
    "waiting": rollout_card(view(sample.rollout(gate_code="7K2"), now=sample.NOW)),
    "approved": rollout_card(view(sample.approved(), now=sample.NOW)),
    "approved-in-part": rollout_card(view(sample.narrowed(Narrowing(rings=1)), now=sample.NOW)),
    "done-with-a-part": rollout_card(
        view(
            sample.narrowed(
                Narrowing(rings=1),
                rings=(sample.ring(RingStatus.PROMOTED, {"healthy": 5}),),
                status=S.COMPLETED,
                ended_at=NIGHT,
            )
        )
    ),
    "running": rollout_card(view(sample.running((_FINE, _BUSY), 1), _ASIDE)),
    "soaking": rollout_card(view(sample.running((_FINE, _SOAK), 1), _ASIDE)),
    "window-closed": rollout_card(
        view(sample.running((_FINE, _BUSY), 1, opens_at=sample.START + timedelta(days=3)), _ASIDE)
    ),
    "stopped-by-hand": rollout_card(
        view(sample.paused(PauseKind.OPERATOR, "stopped by Tomas: smells wrong", (_FINE, _BUSY), 1), _ASIDE)
    ),
    "paused-evidence": rollout_card(view(_EVIDENCE)),
    "paused-gate": rollout_card(
        view(sample.paused(PauseKind.GATE, "ring 3 waits for a person", (_FINE, _SOAK), 1, gate_code="9QF"))
    ),
    "halted": rollout_card(view(_HALTED, _DOWN)),
    "undoing": rollout_card(view(_UNDOING, _DOWN[:1])),
    "undone": rollout_card(
        view(
            sample.running(
                (_ALL_BACK,), status=S.ROLLED_BACK, ended_at=NIGHT, rollback_by="halt rule", **_HALT
            )
        )
    ),
    "undo-failed": rollout_card(view(_UNDO_FAILED, _NOT_BACK)),
    "done": rollout_card(
        view(
            sample.running(
                (_FINE, sample.ring(RingStatus.PROMOTED, {"healthy": 12}), _LAST),
                status=S.COMPLETED,
                end_text="all devices healthy",
                **_DONE,
            )
        )
    ),
    "done-in-part": rollout_card(
        view(
            sample.running(
                (_FINE, _SOAK, _LAST_PART),
                status=S.COMPLETED_WITH_HELD,
                end_text="done, 7 devices are left over",
                **_DONE,
            ),
            (
                *_ASIDE,
                sample.run(30, D.FAILED, "no result by the deadline", 2),
                sample.run(31, D.SILENT, "", 2),
            ),
        )
    ),
    "ended": rollout_card(
        view(
            sample.running(
                (_FINE, _BUSY), 1, status=S.CANCELLED, ended_at=NIGHT, end_text="ended by Mara: wrong month"
            ),
            _ASIDE,
        )
    ),
    "details": rollout_details(view(_HALTED, _DOWN)),
}

PAGE = Page(
    id="p1",
    person="mara",
    subject_kind="rollout",
    subject_id="r1",
    reason=_WHY,
    opened_at=NIGHT,
    round="halt",
)
_TAKEN = Page(
    id="p1",
    person="mara",
    subject_kind="rollout",
    subject_id="r1",
    reason=_WHY,
    opened_at=NIGHT,
    round="halt",
    status=PageStatus.TAKEN,
    taken_by="Mara",
)
_PASSED = Page(
    id="p1",
    person="mara",
    subject_kind="rollout",
    subject_id="r1",
    reason=_WHY,
    opened_at=NIGHT,
    round="halt",
    status=PageStatus.PASSED_ON,
)
_SERVERS = sample.running(
    (_FINE, _FINE, _LAST, sample.ring(RingStatus.HALTED, {"silent": 2, "planned": 1})),
    3,
    plan=sample.with_servers(),
    status=S.HALTED,
    **_HALT,
)
_SERVERS_DOWN = (
    sample.run(71, D.SILENT, "no contact since 23:02 UTC", 3, "server"),
    sample.run(73, D.SILENT, "no contact since 23:02 UTC", 3, "domain_controller"),
)

PAGES: dict[str, Card] = {
    "halted": page_card(page_view(PAGE, _HALTED, _DOWN)),
    "undoing": page_card(page_view(PAGE, _UNDOING, _DOWN[:1])),
    "server-down": page_card(page_view(PAGE, _SERVERS, _SERVERS_DOWN)),
    "undo-failed": page_card(page_view(PAGE, _UNDO_FAILED, _NOT_BACK)),
    "paused": page_card(page_view(PAGE, _EVIDENCE)),
    "taken": page_card(page_view(_TAKEN, _HALTED, _DOWN)),
    "passed-on": page_card(page_view(_PASSED, _HALTED, _DOWN)),
    "no-rollout": page_card(page_view(PAGE, None)),
}

ADVICE = Advice(
    update_id="2026-11",
    plan=PlanType.CRITICAL,
    plan_sentence="Critical plan: a flaw is being exploited.",
    score=58,
    factors=(
        Factor(
            name="patch criticality",
            points=45,
            of=50,
            sentence="1 of 3 flaws is being exploited. Worst known severity 9.8.",
            parts=(
                Part(name="severity (CVSS)", points=19, of=20),
                Part(name="known exploitation (KEV)", points=18, of=20),
                Part(name="likelihood of exploitation (EPSS)", points=8, of=10),
            ),
        ),
        Factor(
            name="system importance",
            points=3,
            of=20,
            sentence="61 PCs, 0 servers; none reachable from outside.",
            parts=(Part(name="most important device", points=3, of=8),),
        ),
        Factor(
            name="business operations",
            points=10,
            of=15,
            sentence="14-day deadline 24 Nov, 8 days left. The next window opens in 4 h.",
            parts=(Part(name="deadline", points=5, of=10), Part(name="window", points=5, of=5)),
        ),
        Factor(
            name="historical success",
            points=0,
            of=15,
            sentence="No history for PCs: up to 5.0 % may fail by assumption.",
            parts=(Part(name="how such patches went", points=0, of=15),),
        ),
    ),
    confidence_pm=634,
    confidence_sentence="Middling confidence: 1 of 3 flaws without a severity score; a class has no history.",
    flips=(
        Flip(
            sentence="If none of its flaws were being exploited: standard instead of critical.",
            changed="not exploited",
            from_plan=PlanType.CRITICAL,
            to_plan=PlanType.STANDARD,
        ),
    ),
    deadline=None,
)


def recommendation(mode: Mode) -> RecommendationView:
    """What would have been proposed in this mode."""
    made = Recommendation(
        id="n1",
        advice=ADVICE,
        offer=sample.offer(),
        analysis=sample.ANALYSIS,
        mode=mode,
        at=sample.NOW,
        status=RecommendationStatus.SHADOW,
    )
    return RecommendationView(
        recommendation=made,
        client=sample.CLIENT,
        names=sample.NAMES,
        approvers=sample.APPROVERS,
        now=sample.NOW,
        zone=sample.ZONE,
    )


RECOMMENDATIONS: dict[str, Card] = {
    "shadow": shadow_card(recommendation(Mode.SHADOW)),
    "read-only": shadow_card(recommendation(Mode.READ_ONLY)),
}
