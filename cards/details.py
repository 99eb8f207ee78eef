"""Everything behind a card, for a large screen: why, how sure, every device, the halt rule in numbers."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core import halt
from bot.core.advisor import Advice
from bot.core.narrowing import removed
from bot.core.offers import Offer
from bot.core.recommendations import Analysis
from bot.core.rollout.state import DeviceState, Rollout, Run
from cards.device_words import Names, kb_list, kb_text, packed, staying_out
from cards.model import Card, Divider, Element, Emphasis, Spans, code, context, facts, line, moment, table
from cards.plural import count, shortened, some
from cards.rollout import progress
from cards.time_words import span_words
from cards.title_line import about, push_line, title_line
from cards.views import GateView, RolloutView
from cards.voter_words import needs_words, person, vote_words, voter

BOUNDARY_OUTCOMES = 60
"""The printed halt table goes this far; the rule itself has no end."""
FLAWS_SHOWN = 12
WORDS = 300
"""Words from outside are shown whole (`bot/core/outside.py` keeps no more)."""


def gate_details(view: GateView) -> Card:
    """What a click on Details of a gate gets."""
    gate, offer = view.gate, view.rollout.offer
    return Card(
        push=push_line(f"{gate.code} Details: ", about(view.client, offer), ""),
        title=title_line(f"Details of {gate.code}. ", about(view.client, offer), ""),
        body=(
            *(_advice(view.advice) if view.advice else ()),
            *(_analysis(view.analysis, offer) if view.analysis else ()),
            *_devices(offer),
            *_left_out(offer),
            *_taken_away(view),
            *_halt_rule(offer),
            *_rules(view),
            *_evidence(view),
        ),
        key=f"gate-details:{gate.id}",
        typed=f"why {gate.code}",
        phone=False,
    )


def rollout_details(view: RolloutView) -> Card:
    """What a click on Details of a rollout gets."""
    rollout = view.rollout
    return Card(
        push=push_line(f"{rollout.code} Details: ", about(view.client, rollout.offer), ""),
        title=title_line(f"Details of {rollout.code}. ", about(view.client, rollout.offer), ""),
        body=(
            progress(rollout),
            *_course(view),
            _rings(rollout),
            *_rows(view),
            *_devices(rollout.offer),
            *_left_out(rollout.offer),
            *_halt_rule(rollout.offer),
        ),
        key=f"rollout-details:{rollout.id}",
        typed=f"rollout status {rollout.code}",
        phone=False,
    )


def _head(text: str) -> tuple[Element, ...]:
    return (Divider(), line(text, emphasis=Emphasis.STRONG))


def _advice(advice: Advice) -> tuple[Element, ...]:
    percent = f"{advice.confidence_pm // 10} %"
    rows: list[tuple[str, str, str]] = []
    for factor in advice.factors:
        rows.append((factor.name, f"{factor.points} of {factor.of}", factor.sentence))
        rows += [(f"- {part.name}", f"{part.points} of {part.of}", "") for part in factor.parts]
    return (
        *_head(f"Advice: {advice.plan} plan, {advice.score} of 100 points"),
        line(advice.plan_sentence),
        table(("Factor", "Points", "Because"), rows),
        line(f"Confidence {percent}. {advice.confidence_sentence}"),
        *(line(f"Would change the plan: {flip.sentence}") for flip in advice.flips),
        *(() if advice.flips else (line("No single change that we try would change the plan."),)),
    )


def _analysis(analysis: Analysis, offer: Offer) -> tuple[Element, ...]:
    worst = sorted(analysis.flaws, key=lambda f: (not f.exploited, -(f.cvss_tenths or 0), f.cve))
    shown = [
        (flaw.cve, "yes" if flaw.exploited else "not known", _tenths(flaw.cvss_tenths), _ppm(flaw.epss_ppm))
        for flaw in worst[:FLAWS_SHOWN]
    ]
    left = len(worst) - len(shown)
    also = staying_out(offer, analysis.also_pending)
    replaced = [
        f"{kb_text(old)} by {some(map(kb_text, new))}" for old, new in sorted(analysis.superseded.items())
    ]
    return (
        *_head(f"What it closes: {count(len(analysis.flaws), 'flaw')}"),
        line("Seen because: ", shortened(analysis.trigger, 200) or "not said", "."),
        *((line(_says(analysis)),) if analysis.words else ()),
        *((table(("Flaw", "Exploited", "Severity", "Chance in 30 days"), shown),) if shown else ()),
        *((line(f"{left:,} more flaws are in the export."),) if left > 0 else ()),
        *(line(f"Replaced: {text}.") for text in replaced),
        *(line(f"Not with it: {text}.") for text in ([kb_list(also)] if also else [])),
        line(f"Rows of the feed without a KB number, so not plannable: {analysis.not_plannable_rows:,}."),
    )


def _says(analysis: Analysis) -> str:
    """Somebody else's words, in quotation marks: they are no words of ours, and nothing rests on them."""
    return f"{shortened(analysis.source, 40)} says: “{shortened(analysis.words, WORDS)}”"


def _tenths(cvss: int | None) -> str:
    return "unknown" if cvss is None else f"{cvss // 10}.{cvss % 10}"


def _ppm(epss: int | None) -> str:
    if epss is None:
        return "unknown"
    return f"{epss // 10_000}.{epss // 1_000 % 10} %" if epss >= 1_000 else "under 0.1 %"


def _devices(offer: Offer) -> tuple[Element, ...]:
    """Every device of the plan, by ring and by the KB it gets."""
    found: list[Element] = [*_head(f"Devices: {len(offer.targets):,}")]
    groups: dict[tuple[int, str], list[str]] = {}
    for target in sorted(offer.targets, key=lambda one: (one.ring, one.kb, one.name, one.device_id)):
        mark = "" if target.reversible else " (cannot be undone)"
        groups.setdefault((target.ring, target.kb), []).append(f"{target.name or target.device_id}{mark}")
    for (ring, kb), names in groups.items():
        label = f"Ring {ring + 1}, {kb_text(kb)} ({len(names):,}): "
        found += [line(label if first else "", text) for first, text in _firsts(packed(names))]
    return tuple(found)


def _firsts(texts: Iterable[str]) -> list[tuple[bool, str]]:
    return [(place == 0, text) for place, text in enumerate(texts)]


def _left_out(offer: Offer) -> tuple[Element, ...]:
    groups: dict[str, list[str]] = {}
    for entry in offer.left_out:
        groups.setdefault(entry.why or "no reason given", []).append(entry.name or entry.device_id)
    found: list[Element] = [*_head(f"Left out: {len(offer.left_out):,}")]
    for why, names in sorted(groups.items()):
        label = f"{shortened(why, 120)} ({len(names):,}): "
        found += [line(label if first else "", text) for first, text in _firsts(packed(names))]
    return tuple(found)


def _taken_away(view: GateView) -> tuple[Element, ...]:
    """What earlier voters of a question that is still open took away, device by device."""
    if view.rollout.approved_at is not None:
        return ()  # then they stand among those left out
    offer = view.rollout.offer
    found: list[Element] = []
    for vote in view.gate.changed_by():
        gone = removed(offer, vote.changes)
        names = [target.name or target.device_id for target in offer.targets if target.device_id in gone]
        found += _head(f"Taken away by {voter(vote, view.names)}: {len(names):,}")
        found += [line(text) for text in packed(sorted(names))]
    return tuple(found)


def _halt_rule(offer: Offer) -> tuple[Element, ...]:
    """The boundary of each class over the whole rollout, as steps: the machine uses the same function."""
    rows = [
        row
        for name in sorted({target.device_class for target in offer.targets})
        for row in _steps(offer, name)
    ]
    then = "uninstalls" if offer.rollback == "auto" else "asks before it uninstalls"
    return (
        *_head("When it pauses and halts"),
        line(f"A halt {then}. Counted over the whole rollout, one class failing alone; rings count too."),
        table(("Class", "Tolerated", "Pauses at", "Halts at"), rows),
    )


def _steps(offer: Offer, name: str) -> list[tuple[str, str, str, str]]:
    p0 = offer.classes[name].p0_pm
    size = sum(target.device_class == name for target in offer.targets)
    upto = min(size, BOUNDARY_OUTCOMES)
    tiers = [
        halt.boundary(p0, halt.whole_scope(), threshold=t, n_max=upto) for t in (halt.PAUSE_AT, halt.HALT_AT)
    ]
    said = [
        some((f"{step.failures} (from {step.from_finished} done)" for step in steps), 5)
        or f"never within {upto}"
        for steps in tiers
    ]
    return [(name.replace("_", " "), f"{p0 // 10}.{p0 % 10} %", said[0], said[1])]


def _rules(view: GateView) -> tuple[Element, ...]:
    gate, offer = view.gate, view.rollout.offer
    rules = gate.question.rules
    return (
        *_head("Who decides, and until when"),
        line(needs_words(gate, view.names)),
        *(line(*vote_words(vote, gate, view.zone, view.names)) for vote in gate.votes),
        facts(
            ("Roles", ", ".join(rules.roles) or "none"),
            ("Proposed by", person(gate.question.requester, view.names)),
            ("Proposer may decide", "no" if rules.not_requester else "yes"),
            ("Asked", (moment(gate.opened_at),)),
            ("Answer by", (moment(gate.expires_at),)),
            ("Approval ends", (moment(offer.not_after),)),
            ("Watched after each ring", some((span_words(ring.soak_seconds) for ring in offer.rings), 9)),
            ("At once", f"{offer.caps.concurrent:,}"),
        ),
    )


def _evidence(view: GateView) -> tuple[Element, ...]:
    offer = view.rollout.offer
    return (
        *_head("What the plan rests on"),
        *(line(shortened(one.id, 80), ": ", shortened(one.value, 160)) for one in offer.evidence),
        context("Plan ", code(view.gate.question.offer_digest), ". A yes is for exactly this."),
        *((context("Console: ", shortened(view.console_url, 200)),) if view.console_url else ()),
    )


def _course(view: RolloutView) -> tuple[Element, ...]:
    rollout = view.rollout
    told: list[tuple[str, Spans]] = [
        ("Status", (rollout.status.value,)),
        ("Planned", (moment(rollout.planned_at),)),
    ]
    if rollout.approved_at:
        who = ", ".join(person(one, view.names) for one in rollout.approved_by)
        told.append(("Approved", (moment(rollout.approved_at), f" by {who or 'nobody'}")))
    for name, at in (
        ("Started", rollout.started_at),
        ("Halted", rollout.halted_at),
        ("Ended", rollout.ended_at),
    ):
        if at:
            told.append((name, (moment(at),)))
    told += [(f"Paused ({pause.kind})", (pause.text,)) for pause in rollout.pauses]
    told += [("Halted because", (rollout.halt_text,))] if rollout.halt_text else []
    told += [("Ended with", (rollout.end_text,))] if rollout.end_text else []
    told.append(("Plan", (code(rollout.offer_digest),)))
    return (facts(*told),)


def _rings(rollout: Rollout) -> Element:
    rows = []
    for number, (rule, ring) in enumerate(zip(rollout.offer.rings, rollout.rings, strict=False), start=1):
        states = ", ".join(f"{n:,} {state}" for state, n in sorted(ring.counts.items()) if n)
        rows.append((f"{number} {shortened(rule.name, 30)}", ring.status.value, states or "empty"))
    return table(("Ring", "Status", "Devices"), rows)


def _rows(view: RolloutView) -> tuple[Element, ...]:
    """The devices that people ask about, each with its reason."""
    names = Names(view.rollout.offer, view.device_names)
    order = list(DeviceState)
    runs: list[Run] = sorted(view.devices, key=lambda run: (order.index(run.state), run.ring, run.device))
    if not runs:
        return ()
    cells = [
        (names.of(run.device), f"{run.ring + 1}", run.state.value, shortened(run.why, 160)) for run in runs
    ]
    return (
        *_head(f"Not healthy or not done: {len(runs):,}"),
        table(("Device", "Ring", "State", "Why"), cells),
    )
