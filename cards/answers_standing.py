"""Answers about how it stands: clients, rollouts, devices."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.answers import (
    ClientState,
    DeviceAnswer,
    DeviceEpisode,
    RolloutAnswer,
    RolloutLine,
    StatusAnswer,
)
from bot.core.rollout.state import RolloutStatus
from bot.core.tenants import SELF
from cards.answer_parts import (
    DONE,
    NOTE,
    RUNNING,
    STOPPED,
    Say,
    answer_about,
    cause,
    machines,
    named,
    size_words,
)
from cards.answers_phases import project_line
from cards.model import Button, Card, Element, MomentStyle, Shape, Spans, Status, code, line, moment, strong
from cards.plural import count, shortened
from cards.time_words import capital

SHOWN_CLIENTS = 6
SHOWN_EPISODES = 4
SHOWN_PROJECTS = 2
"""Beside a client's rollouts; `phase status` has them all."""
_MODES = {
    "shadow": "Not live yet: it is said what would be asked, and nothing starts.",
    "suspended": "Suspended: its key cannot be read. Nothing is decided and nothing starts.",
    "read-only": "Only read: nothing is asked and nothing starts.",
}
_NEEDS_PERSON = Status(shape=Shape.QUESTION, word="Needs a decision")
ENDED_BADLY = frozenset({RolloutStatus.HALTED, RolloutStatus.ROLLBACK_INCOMPLETE})
STOPPABLE = frozenset({RolloutStatus.SCHEDULED, RolloutStatus.RUNNING, RolloutStatus.PAUSED})


# --- one client or many ---


def status_card(answer: StatusAnswer, say: Say) -> Card:
    """One client in sentences, several in one line each."""
    if len(answer.clients) == 1:
        return _client_card(answer.clients[0], say)
    busy = [state for state in answer.clients if _is_busy(state)]
    rollouts = sum(len(state.rollouts) for state in answer.clients)
    title = f"{count(len(answer.clients), 'client')}: {count(rollouts, 'rollout')} under way."
    lines: list[Element] = [_client_line(state, say) for state in busy[:SHOWN_CLIENTS]]
    left = len(busy) - SHOWN_CLIENTS
    if left > 0:
        lines.append(line(f"{count(left, 'more client')} with work; type its name."))
    quiet = len(answer.clients) - len(busy)
    if quiet:
        lines.append(line(f"Nothing under way at {count(quiet, 'client')}."))
    return answer_about(title, *lines, status=RUNNING if rollouts else DONE)


def _is_busy(state: ClientState) -> bool:
    return bool(state.rollouts or state.projects or state.stopped or state.mode == "suspended")


def _client_line(state: ClientState, say: Say) -> Element:
    parts: Spans = (strong(named(state.client)), ": ")
    if state.stopped:
        parts = (*parts, f"{cause(state.stopped)}. ")
    if state.mode == "suspended":
        parts = (*parts, _MODES[state.mode])
    for rollout in state.rollouts:
        parts = (*parts, f"{rollout.code} ", *_course(rollout, say), ". ")
    for project in state.projects:
        parts = (*parts, f"{project.code} {project.title}, phase {project.number} of {project.phases}. ")
    return line(*parts)


def _client_card(state: ClientState, say: Say) -> Card:
    lines: list[Element] = []
    if state.stopped:
        again = code(f"resume {state.client.tenant}")
        lines.append(line(f"{_sentence(state.stopped)} Start again: ", again, "."))
    if state.mode != "live":
        lines.append(line(_MODES.get(state.mode, "This client is not set up: nothing starts here.")))
    projects = [project_line(one, say) for one in state.projects[:SHOWN_PROJECTS]]
    if len(state.rollouts) == 1:
        return _rollout_card(state.rollouts[0], say, lines, projects, client_stopped=bool(state.stopped))
    if state.rollouts:
        lines += [line(strong(one.code), " ", *_course(one, say), ".") for one in state.rollouts]
        lines += projects
        title = f"{named(state.client)}: {count(len(state.rollouts), 'rollout')} under way."
        return answer_about(title, *lines, status=RUNNING, buttons=_client_buttons(state, say))
    lines += projects
    if state.last:
        lines.append(line(f"Last: {state.last.code} ", *_course(state.last, say), "."))
    lines.append(line("Nothing needs hands."))
    if state.projects:
        title = f"{named(state.client)}: no rollout, {count(len(state.projects), 'project')} under way."
    else:
        title = f"{named(state.client)}: nothing under way."
    status = STOPPED if state.stopped else DONE
    return answer_about(title, *lines, status=status, buttons=_client_buttons(state, say))


def _sentence(text: str) -> str:
    said = cause(text)
    return f"{said[:1].upper()}{said[1:]}."


def _client_buttons(state: ClientState, say: Say) -> tuple[Button, ...]:
    if state.stopped:
        return (say.button("Start again", "resume", state.client, SELF, style="primary"),)
    if state.rollouts:
        return (say.button("Stop", "stop", state.client, SELF, style="danger"),)
    return ()


# --- one rollout ---


def rollout_card(answer: RolloutAnswer, say: Say) -> Card:
    """One rollout in numbers, and what it waits for."""
    return _rollout_card(answer.line, say)


def _rollout_card(
    one: RolloutLine,
    say: Say,
    before: Sequence[Element] = (),
    after: Sequence[Element] = (),
    *,
    client_stopped: bool = False,
) -> Card:
    """`before` holds for the client as a whole; what is no part of this rollout stands `after` it."""
    lines = [*before, line(*capital(_course(one, say)), ".")]
    if one.gate_code:
        lines.append(line(f"Waiting for an answer to {one.gate_code}: ", code(f"why {one.gate_code}"), "."))
    lines += [line(f"Waits: {cause(text)}.") for text in one.pauses[:2]]
    if one.next_at and one.status != RolloutStatus.SCHEDULED:
        lines.append(line("Goes on ", *say.when(one.next_at), "."))
    if one.in_progress:
        lines.append(line(f"{count(one.in_progress, 'machine')} mid-install."))
    if one.left_over:
        lines.append(line(f"{count(one.left_over, 'machine')} held back or blocked; Details names them."))
    lines += [line(_hands(one)), *after]
    title = f"{one.code} {named(one.client)}: {shortened(one.title, 70)}"
    return answer_about(
        title, *lines, status=_status(one), buttons=_rollout_buttons(one, say, client_stopped)
    )


def _status(one: RolloutLine) -> Status:
    if one.gate_code:
        return _NEEDS_PERSON
    if one.status in ENDED_BADLY or one.status == RolloutStatus.PAUSED:
        return STOPPED
    return DONE if one.ended_at else RUNNING


def _hands(one: RolloutLine) -> str:
    if one.needs_hands:
        return f"{count(one.needs_hands, 'machine')} could not be restored and need hands."
    return f"{one.failed} failed." if one.failed else "Nothing needs hands."


def _rollout_buttons(one: RolloutLine, say: Say, client_stopped: bool) -> tuple[Button, ...]:
    """What can be done next: nobody stops what stands still because the whole client does."""
    details = say.button("Details", "details", one.client, one.rollout)
    if client_stopped:
        return (say.button("Start again", "resume", one.client, SELF, style="primary"), details)
    if one.status in STOPPABLE:
        return (say.button("Stop", "stop", one.client, one.rollout, style="danger"), details)
    return (details,)


def _course(one: RolloutLine, say: Say) -> Spans:
    """Where it is: `ring 2 of 3: 15 of 84 done, 0 failed`."""
    match RolloutStatus(one.status):
        case RolloutStatus.AWAITING_APPROVAL:
            return (f"not approved yet, {size_words(one.size)}", *_starts(one, say))
        case RolloutStatus.SCHEDULED:
            return (f"approved, {size_words(one.size)}", *_starts(one, say))
        case RolloutStatus.RUNNING:
            return (_progress(one),)
        case RolloutStatus.PAUSED:
            return (f"{_progress(one)}, waiting",)
        case RolloutStatus.HALTED:
            return (f"halted: {cause(one.halt_text) or _progress(one)}",)
        case RolloutStatus.ROLLING_BACK:
            return (f"being taken off again, {count(one.going_back, 'machine')} at it now",)
        case _:
            ended: Spans = (" ", moment(one.ended_at, MomentStyle.DAY_TIME)) if one.ended_at else ()
            return (f"{one.status.replace('-', ' ')}: {cause(one.end_text)},", *ended)


def _starts(one: RolloutLine, say: Say) -> Spans:
    """When, while that lies ahead: a planned start that has passed while it waited says nothing any more."""
    return (", starts ", *say.when(one.starts_at)) if one.starts_at > say.now else ()


def _progress(one: RolloutLine) -> str:
    return f"ring {one.ring} of {one.rings}: {one.done} of {machines(one.size)} done, {one.failed} failed"


# --- one device ---


def device_card(answer: DeviceAnswer, say: Say) -> Card:
    """`CONTOSO-PC014: Contoso, workstation at hq, on.` and what was done to it, newest first."""
    state = "" if answer.online is None else ", on" if answer.online else ", off"
    site = f" at {shortened(answer.site, 30)}" if answer.site else ""
    kind = answer.device_class.replace("_", " ")
    title = f"{shortened(answer.name, 40)}: {named(answer.client)}, {kind}{site}{state}."
    lines: list[Element] = [_episode(episode, say) for episode in answer.episodes[:SHOWN_EPISODES]]
    if not lines:
        lines.append(line("Ringmaster has done nothing to it."))
    older = answer.episodes[SHOWN_EPISODES:]
    if older:
        bad = sum(episode.state in ("failed", "silent", "rollback-failed") for episode in older)
        lines.append(line(f"{len(older)} older, {count(bad, 'failure')} among them."))
    if answer.pending is not None:
        read = (" Read ", *say.past(answer.read_at), ".") if answer.read_at else ()
        lines.append(line(f"Lacks {count(answer.pending, 'update')}.", *read))
    if answer.last_contact and not answer.online:
        lines.append(line("Last seen ", *say.past(answer.last_contact), "."))
    return answer_about(title, *lines, status=NOTE)


def _episode(episode: DeviceEpisode, say: Say) -> Element:
    what = f"KB{episode.kb}" if episode.kb else shortened(episode.title, 40)
    why = f": {cause(episode.why)}" if episode.why else ""
    since: Spans = (" ", *say.past(episode.since)) if episode.since else ()
    state = episode.state.replace("-", " ")
    return line(strong(what), *since, f" {state}{why} ({episode.code}, ring {episode.ring}).")
