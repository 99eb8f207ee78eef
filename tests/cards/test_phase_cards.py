"""Cards of projects, whatever state they are in: within the limits, and no *Go* that would be refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.criteria import blockers
from bot.core.gates import Gate, GateStatus, Verb, Vote
from bot.core.project_words import (
    CriterionStatus,
    Decision,
    Finding,
    HoldKind,
    Project,
    ProjectStatus,
)
from bot.core.rollout.state import RolloutStatus
from bot.core.templates import Criterion, CriterionKind, Phase, Template, Weight
from cards import html, html_forms, phase_examples, plain
from cards.limits import broken_form_limits, broken_limits
from cards.model import Card
from cards.not_yet import REASONS, not_yet_choices, not_yet_form
from cards.phase_gate import phase_gate_card, phase_reminder_card
from cards.project import phase_gate_details, project_card, project_details
from cards.views import PhaseGateView
from handlers.clicks import REASONS as COUNTED
from tests.cards.card_states import CODES, MOMENTS, NAMES, PEOPLE, WORDS, ZONES

MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
TEXTS = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=60)
FINDINGS = st.builds(
    Finding,
    status=st.sampled_from(CriterionStatus),
    at=st.none() | MOMENTS,
    by=st.sampled_from(("", "mara")),
    name=WORDS,
    code=st.just("") | CODES,
    words=WORDS | st.sampled_from([one.spoken() for one in RolloutStatus]),
)


@st.composite
def projects(draw: st.DrawFn) -> Project:
    """Any template that can be, in any state: more than the machine can reach."""
    phases = []
    for number in range(draw(st.integers(1, 3))):
        criteria = [
            Criterion(
                id=f"c{number}-{place}",
                text=draw(TEXTS),
                weight=draw(st.sampled_from(Weight)),
                kind=draw(st.sampled_from(CriterionKind)),
                owner=draw(st.sampled_from(("lead", "technician"))),
                update="2026-11",
                max_age_days=draw(st.integers(0, 366)),
            )
            for place in range(draw(st.integers(1, 8)))
        ]
        if_go = tuple(draw(st.lists(st.text(min_size=1, max_size=100), max_size=2)))
        phases.append(Phase(name=f"phase-{number}", prerequisites=tuple(criteria), if_go=if_go))
    ids = [one.id for phase in phases for one in phase.prerequisites]
    decisions = st.builds(
        Decision,
        phase=st.just("phase-0"),
        gate=st.sampled_from(("p1-g1", "p1-g0")),
        code=CODES,
        went=st.booleans(),
        at=MOMENTS,
        by=PEOPLE,
        hold=st.none() | st.sampled_from(HoldKind),
        reason=WORDS,
    )
    return Project(
        id="p1",
        code=draw(CODES),
        template=Template(name="move", title=draw(TEXTS)[:40], phases=tuple(phases)),
        started_by="mara",
        started_name=draw(WORDS),
        started_at=draw(MOMENTS),
        status=draw(st.sampled_from(ProjectStatus)),
        phase=draw(st.integers(0, len(phases) - 1)),
        findings=draw(st.dictionaries(st.sampled_from(ids), FINDINGS)),
        gate="p1-g1",
        gate_code=draw(CODES),
        decisions=tuple(draw(st.lists(decisions, max_size=3))),
        finished_at=draw(st.none() | MOMENTS),
    )


@st.composite
def views(draw: st.DrawFn) -> PhaseGateView:
    votes = st.builds(
        Vote, person=st.sampled_from(("mara", "tomas")), name=WORDS, verb=st.sampled_from(Verb),
        reason=WORDS, at=MOMENTS, proof=st.just("p"),
    )  # fmt: skip
    opened = draw(MOMENTS)
    gate: Gate = phase_examples.gate(
        id="p1-g1",
        code=draw(CODES),
        status=draw(st.sampled_from(GateStatus)),
        votes=tuple(draw(st.lists(votes, max_size=4))),
        opened_at=opened,
        expires_at=opened + timedelta(hours=draw(st.integers(1, 200))),
    )
    return phase_examples.view(
        draw(projects()),
        gate,
        client=draw(WORDS),
        names=draw(NAMES),
        now=draw(MOMENTS),
        zone=draw(ZONES),
        held=draw(st.just("") | WORDS),
    )


def drawn(card: Card) -> None:
    """The card keeps every limit and can be drawn."""
    assert broken_limits(card) == []
    assert "<script" not in html.render(card, html.Drawing())
    assert "\u202e" not in plain.render(card, UTC) + card.push + card.title


@MANY
@given(views())
def test_a_question_about_any_project_has_a_card_within_the_limits(view: PhaseGateView) -> None:
    drawn(phase_gate_card(view))
    drawn(phase_reminder_card(view))
    drawn(phase_gate_details(view))
    drawn(not_yet_choices(view))


@MANY
@given(views())
def test_go_can_be_pressed_exactly_while_it_would_count(view: PhaseGateView) -> None:
    card = phase_gate_card(view)
    verbs = {button.verb for button in card.buttons}
    counts = view.gate.status == GateStatus.OPEN and not view.held and not blockers(view.project, view.now)

    assert ("go" in verbs) == counts
    assert (card.typed == f"approve {view.gate.code}") == counts
    assert ("not-yet" in verbs) == (view.gate.status == GateStatus.OPEN)


@MANY
@given(projects(), MOMENTS)
def test_any_project_has_a_card_within_the_limits(project: Project, at: datetime) -> None:
    view = phase_examples.of_project(project, at)

    drawn(project_card(view))
    drawn(project_details(view))


@MANY
@given(views())
def test_the_form_of_not_yet_keeps_the_limits(view: PhaseGateView) -> None:
    form = not_yet_form(view)

    assert broken_form_limits(form) == []
    assert "<script" not in html_forms.render_form(form, html.Drawing())


def test_every_reason_on_the_card_is_one_that_counts() -> None:
    assert {verb: COUNTED[verb] for verb in REASONS} == REASONS
