"""Whatever state a thing is in and whatever its names are, its card can be drawn and keeps the limits."""

from __future__ import annotations

from datetime import UTC

from hypothesis import HealthCheck, given, settings

from bot.core.gates import GateStatus
from bot.core.rollout.state import FINAL, RolloutStatus
from cards import html, html_forms, plain
from cards.changing import change_choices, change_form, sent_back
from cards.details import gate_details, rollout_details
from cards.gate import gate_card
from cards.limits import broken_form_limits, broken_limits
from cards.model import Card
from cards.page import page_card
from cards.plural import count
from cards.rejecting import reject_choices, reject_form
from cards.rollout import progress, rollout_card
from cards.views import GateView, PageView, RolloutView
from tests.cards.card_states import gate_views, page_views, rollout_views

MANY = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


def drawn(card: Card) -> str:
    """The card keeps every limit and both renderers draw it."""
    assert broken_limits(card) == []
    text = plain.render(card, UTC)
    assert "<script" not in html.render(card, html.Drawing())
    assert "\u202e" not in text + card.push + card.title
    assert len(text.splitlines()) == len(plain.render(card, UTC).split("\n"))
    return text


@MANY
@given(gate_views())
def test_a_gate_in_any_state_has_a_card_within_the_limits(view: GateView) -> None:
    card = gate_card(view)
    drawn(card)

    verbs = {button.verb for button in card.buttons}
    if view.gate.status == GateStatus.OPEN:
        assert card.typed == f"approve {view.gate.code}"
    else:
        assert not verbs & {"approve", "reject"}
        assert "approve" not in card.typed


@MANY
@given(gate_views())
def test_reasons_and_details_of_any_gate_can_be_drawn(view: GateView) -> None:
    drawn(reject_choices(view))
    drawn(gate_details(view))
    form = reject_form(view)

    assert broken_form_limits(form) == []
    assert "<script" not in html_forms.render_form(form, html.Drawing())


@MANY
@given(gate_views())
def test_the_parts_of_any_plan_can_be_offered(view: GateView) -> None:
    for person in ("mara", "somebody else"):
        drawn(change_choices(view, person))
    form = change_form(view)
    back = sent_back(form, (("without", "x"),), (("without", "Nothing is called x."),))

    assert broken_form_limits(form) == []
    assert "Nothing is called x." in html_forms.render_form(back, html.Drawing()) or back.errors
    assert "<script" not in html_forms.render_form(form, html.Drawing())


@MANY
@given(rollout_views())
def test_a_rollout_in_any_state_has_a_card_within_the_limits(view: RolloutView) -> None:
    card = rollout_card(view)
    drawn(card)

    if view.rollout.status in FINAL or view.rollout.status == RolloutStatus.AWAITING_APPROVAL:
        assert not {"stop", "resume"} & {button.verb for button in card.buttons}


@MANY
@given(rollout_views())
def test_the_progress_of_any_rollout_is_its_counts(view: RolloutView) -> None:
    rollout, shown = view.rollout, progress(view.rollout)
    counts = [(state, n) for ring in rollout.rings for state, n in ring.counts.items()]

    assert shown.done == sum(n for state, n in counts if state in ("healthy", "already-installed"))
    assert shown.total == sum(n for _, n in counts)
    assert f"{sum(n for state, n in counts if state == 'silent')} silent" in shown.label


@MANY
@given(gate_views())
def test_the_question_of_any_plan_names_its_size(view: GateView) -> None:
    asked = view.gate.status == GateStatus.OPEN and view.gate.question.purpose == "start"
    kinds = [target.device_class for target in view.rollout.offer.targets]
    servers = sum(kind in ("server", "domain_controller") for kind in kinds)
    words = f", {count(len(kinds) - servers, 'PC')}, {count(servers, 'server')}"

    assert not asked or words in gate_card(view).title


@MANY
@given(rollout_views())
def test_details_of_any_rollout_can_be_drawn(view: RolloutView) -> None:
    drawn(rollout_details(view))


@MANY
@given(page_views())
def test_a_page_in_any_state_has_a_card_that_approves_nothing(view: PageView) -> None:
    card = page_card(view)
    drawn(card)

    assert {button.verb for button in card.buttons} <= {"take", "next", "details"}
    assert "Approve" not in [button.label for button in card.buttons]
