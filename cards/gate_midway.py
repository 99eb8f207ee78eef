"""The questions that a rollout asks on its way: next ring, go on after failures, take it off again.

Content and order: users.md 3.2. What other clients saw is not told here before pooled evidence exists.
"""

from __future__ import annotations

from datetime import datetime

from bot.core.rollout.state import (
    CHANGED,
    GOING_BACK,
    IN_FLIGHT,
    DeviceState,
    PauseKind,
    RingStatus,
    Rollout,
)
from cards.button_row import DETAILS, row
from cards.device_words import kb_counts, kb_text, noun
from cards.halt_words import next_failures
from cards.model import Card, Shape, Spans, Status, Text, context, line
from cards.plan_words import needs_yes
from cards.plural import count, is_are, shortened, some
from cards.time_words import (
    deadline_words,
    opening_at,
    short,
    short_text,
    so_far,
    span_words,
    when_text,
    window_after,
    window_words,
)
from cards.title_line import client_name, push_line, title_line
from cards.views import GateView
from cards.voter_words import askable, needs_words

D = DeviceState
REASON = 200
_OPEN = Status(shape=Shape.QUESTION, word="Needs a decision")


def promote_card(view: GateView) -> Card:
    """May the next ring start? The smaller yes: everything shown was approved before."""
    rollout, client = view.rollout, client_name(view.client)
    following = min(rollout.ring + 1, len(rollout.rings) - 1)
    planned = rollout.offer.devices(following)
    todo = rollout.rings[following].count(frozenset({D.PLANNED}))
    kind = noun(planned)
    start = when_text(_next_opening(view), view.now, view.zone) if _next_opening(view) > view.now else "now"
    size = f"{todo:,} of {count(len(planned), kind)}" if todo != len(planned) else count(todo, kind)
    fine = _fine(rollout)
    ring = f"ring {following + 1} of {len(rollout.rings)}"
    return _card(
        view,
        push=push_line(
            f"{view.gate.code} Go on? ",
            client,
            f": {fine}, next {count(todo, kind)} {start}",
            f": {fine}",
            "",
        ),
        title=title_line("Go on? ", f"{client} {ring}", f": {size} {start}"),
        body=(
            line(_so_far(view)),
            line(_why_promotion_asks(rollout, following)),
            line(_not_tried(rollout, following)),
            line(_behind(rollout), *deadline_words(rollout.offer.deadline, view.now, view.zone)),
            line("If nobody answers by ", *_by(view), ": stays here", *_next_window(view), "."),
        ),
        labels=("Go on", "Stop here"),
    )


def continue_card(view: GateView) -> Card:
    """May it go on although too many failed?"""
    rollout, client = view.rollout, client_name(view.client)
    failed = f"{rollout.failures():,} of {rollout.finished():,} failed"
    kind = noun(rollout.offer.targets)
    waiting = rollout.count(frozenset({D.PLANNED, D.PREFLIGHT, D.HELD}))
    more = next_failures(rollout)
    return _card(
        view,
        push=push_line(f"{view.gate.code} Go on? ", client, f": {failed}. Answer by {_by_text(view)}"),
        title=title_line(
            "Go on although ", failed, f"? {client}, ring {rollout.ring + 1} of {len(rollout.rings)}"
        ),
        body=(
            line("Paused because ", shortened(_pause_text(rollout, PauseKind.EVIDENCE), REASON), "."),
            line(_so_far(view)),
            line(f"Nothing new starts. {count(waiting, kind)} {'waits' if waiting == 1 else 'wait'}."),
            line(f"If you go on: these failures are accepted. {more}".rstrip()),
            line(
                "If you stop here: it ends. What is installed stays until `rollout rollback ",
                rollout.code,
                "`.",
            ),
            line("If nobody answers by ", *_by(view), ": stays paused."),
        ),
        labels=("Go on", "Stop here"),
    )


def rollback_card(view: GateView) -> Card:
    """Take it off again? Asked, not done, because removing it opens a flaw that is being exploited."""
    rollout, client = view.rollout, client_name(view.client)
    changed, kind = rollout.count(CHANGED), noun(rollout.offer.targets)
    update = some((kb_text(kb) for kb in kb_counts(rollout.offer)), 2)
    devices = count(changed, kind)
    silent = rollout.count(frozenset({D.SILENT}))
    quiet = f" {silent:,} of them {'does' if silent == 1 else 'do'} not answer." if silent else ""
    flaw = "Taking it off opens a flaw that is being exploited." if rollout.offer.exploited else ""
    untouched = rollout.count(frozenset({D.PLANNED, D.PREFLIGHT, D.HELD}))
    return _card(
        view,
        push=push_line(
            f"{view.gate.code} Take {update} off {devices}? ", client, f". Answer by {_by_text(view)}", ""
        ),
        title=title_line(f"Take {update} off {devices}? ", client, f", {_failed(rollout)}"),
        body=(
            line(*_stopped(view), shortened(rollout.halt_text, REASON), "."),
            line(f"{flaw} {_undoable(rollout, changed)}{quiet}".strip()),
            line(f"Nothing new starts. {count(untouched, kind)} {is_are(untouched)} untouched."),
            line("If nobody answers by ", *_by(view), ": the update stays on, nothing else happens."),
        ),
        labels=("Take it off", "Leave it on"),
    )


def _card(view: GateView, *, push: str, title: str, body: tuple[Text, ...], labels: tuple[str, str]) -> Card:
    gate, (yes, no) = view.gate, labels
    return Card(
        push=push,
        title=title,
        status=_OPEN,
        body=(*(one for one in body if any(one.text)), context(needs_words(gate, view.names))),
        buttons=row(view.buttons, (yes, "approve", "primary"), (no, "reject", "plain"), DETAILS),
        key=f"gate:{gate.id}",
        mention=askable(gate),
        typed=f"approve {gate.code}",
    )


def _so_far(view: GateView) -> str:
    """`So far 15 of 15 fine, 0 silent, in use for 18 h.`"""
    rollout, ring = view.rollout, view.rollout.current()
    silent = rollout.count(frozenset({D.SILENT}))
    working = rollout.count(IN_FLIGHT | GOING_BACK)
    said = f"So far {_fine(rollout)}, {silent:,} silent"
    if working:
        said += f", {working:,} still at work"
    if ring.soak_until is not None:
        soak = rollout.offer.rings[rollout.ring].soak_seconds
        used = soak + int((view.now - ring.soak_until).total_seconds())
        said += f", in use for {span_words(used)}"
    elif ring.started_at is not None:
        said += f", ring at work for {span_words(int(so_far(ring.started_at, view.now).total_seconds()))}"
    return f"{said}."


def _why_promotion_asks(rollout: Rollout, following: int) -> str:
    if (
        rollout.paused_for(PauseKind.NOT_ENOUGH_EVIDENCE)
        or rollout.current().status == RingStatus.NOT_ENOUGH_EVIDENCE
    ):
        text = _pause_text(rollout, PauseKind.NOT_ENOUGH_EVIDENCE) or "this ring proves too little"
        return f"Asked because: {shortened(text, REASON)}."
    offer = rollout.offer
    if any(offer.classes[target.device_class].always_ask for target in offer.devices(following)):
        return 'Asked because: policy "servers always ask".'
    if following and needs_yes(offer, following):
        return f'Asked because: policy "ask before ring {following + 1}".'
    return "Asked because: the rollout waits for a person."


def _not_tried(rollout: Rollout, following: int) -> str:
    """`Not tried in an earlier ring: 2 kinds of device, 5 of the next 63.`"""
    offer = rollout.offer
    tried = {target.stratum for target in offer.targets if target.ring < following}
    fresh = [target for target in offer.devices(following) if target.stratum not in tried]
    if not fresh:
        return "Every kind of device in the next ring was in an earlier one."
    kinds = len({target.stratum for target in fresh})
    return (
        f"Not tried in an earlier ring: {count(kinds, 'kind')} of device (class, build, update), "
        f"{len(fresh):,} of {len(offer.devices(following)):,}."
    )


def _behind(rollout: Rollout) -> str:
    held, blocked = rollout.count(frozenset({D.HELD})), rollout.count(frozenset({D.BLOCKED}))
    found = [f"{held:,} off, follow later"] if held else []
    found += [f"{blocked:,} blocked"] if blocked else []
    return f"Not done so far: {'; '.join(found)}. " if found else ""


def _fine(rollout: Rollout) -> str:
    return f"{rollout.finished() - rollout.failures():,} of {rollout.finished():,} fine"


def _failed(rollout: Rollout) -> str:
    return f"{rollout.failures():,} of {rollout.finished():,} failed"


def _undoable(rollout: Rollout, changed: int) -> str:
    fixed = sum(not target.reversible for target in rollout.offer.targets)
    if not fixed:
        return f"All {changed:,} can be undone." if changed != 1 else "It can be undone."
    return f"{fixed:,} of the {len(rollout.offer.targets):,} in the plan cannot be undone."


def _stopped(view: GateView) -> Spans:
    halted = view.rollout.halted_at
    return ("Stopped ", *short(halted, view.now, view.zone), ": ") if halted else ("Stopped: ",)


def _pause_text(rollout: Rollout, kind: PauseKind) -> str:
    return next((pause.text for pause in rollout.pauses if pause.kind == kind), "")


def _next_opening(view: GateView) -> datetime:
    opening = opening_at(view.rollout.offer, view.now)
    return max(opening.start, view.now) if opening else view.now


def _next_window(view: GateView) -> Spans:
    opens = window_after(view.rollout.offer, _next_opening(view))
    if opens is None:
        return ()
    return (", ", *window_words(opens, view.rollout.offer, view.now, view.zone))


def _by(view: GateView) -> Spans:
    return short(view.gate.expires_at, view.now, view.zone)


def _by_text(view: GateView) -> str:
    return short_text(view.gate.expires_at, view.now, view.zone)
