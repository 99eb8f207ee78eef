"""Answers about questions: what waits, what a vote did, why a person is asked, what was planned."""

from __future__ import annotations

from bot.core.answers import PlannedAnswer, Purpose, VoteAnswer, WaitingAnswer, WaitingItem, WhyAnswer
from bot.core.gates import GateStatus, Verb
from cards.answer_parts import (
    DONE,
    NOTE,
    Say,
    answer_about,
    cause,
    machines,
    named,
    size_words,
)
from cards.model import Button, Card, Element, Shape, Status, code, line, strong
from cards.plural import count, is_are, some

SHOWN_ITEMS = 5
"""More open questions than this do not fit a phone; the first are the most urgent."""
_WAITS = Status(shape=Shape.QUESTION, word="Waiting")
_ASKS = {
    Purpose.START: "",
    Purpose.PROMOTE: "go on? ",
    Purpose.CONTINUE: "go on after failures? ",
    Purpose.ROLLBACK: "take it off again? ",
    Purpose.PHASE: "go or no-go? ",
}
_YES = {
    Purpose.START: "Approved",
    Purpose.PROMOTE: "Go on, said",
    Purpose.CONTINUE: "Go on, said",
    Purpose.ROLLBACK: "Take it off, said",
    Purpose.PHASE: "Go, said",
}
_NO = {
    Purpose.START: "Rejected",
    Purpose.PROMOTE: "Stopped here",
    Purpose.CONTINUE: "Stopped here",
    Purpose.ROLLBACK: "Left as it is, said",
    Purpose.PHASE: "Not yet, said",
}
_NO_MEANS = {
    Purpose.START: "Nothing is installed. It needs a new plan to be asked again.",
    Purpose.PROMOTE: "What is installed stays. The rest needs a new plan.",
    Purpose.CONTINUE: "What is installed stays. The rest needs a new plan.",
    Purpose.ROLLBACK: "The update stays on. Nothing else happens.",
    Purpose.PHASE: "The project stays where it is. Go or no-go can be asked again at any time.",
}


# --- waiting ---


def waiting_card(answer: WaitingAnswer, say: Say) -> Card:
    """`2 wait for you: ...`, with buttons that lead there."""
    if not answer.mine and not answer.others:
        return answer_about("Nothing waits: not for you, not for anybody here.", status=DONE)
    number = len(answer.mine)
    title = f"{number} {'waits' if number == 1 else 'wait'} for you." if number else "Nothing waits for you."
    if answer.others:
        others = len(answer.others)
        title += f" {others} {'waits' if others == 1 else 'wait'} for others."
    lines: list[Element] = [_item(item, say) for item in answer.mine[:SHOWN_ITEMS]]
    lines += _more(len(answer.mine))
    lines += [_others(item) for item in answer.others[: max(SHOWN_ITEMS + 1 - len(lines), 0)]]
    first = answer.mine[0].code if answer.mine else ""
    return answer_about(
        title,
        *lines,
        status=_WAITS if answer.mine else NOTE,
        buttons=_waiting_buttons(answer.mine, say),
        typed=f"approve {first}" if first and not answer.mine[0].blocked else "",
    )


def _item(item: WaitingItem, say: Say) -> Element:
    return line(
        strong(item.code),
        f" {named(item.client)}: {_ASKS[item.purpose]}{_about(item)}, by ",
        *say.when(item.until),
        *((f". No go yet, {cause(item.blocked)}",) if item.blocked else ()),
    )


def _about(item: WaitingItem) -> str:
    """How many machines, or which phase of which project."""
    return cause(item.title) if item.purpose == Purpose.PHASE else size_words(item.size)


def _more(number: int) -> list[Element]:
    left = number - SHOWN_ITEMS
    return [line(f"{left} more with a later deadline.")] if left > 0 else []


def _others(item: WaitingItem) -> Element:
    return line(
        strong(item.code),
        f" {named(item.client)}, {_about(item)}: waits for {some(item.names) or 'nobody'}.",
    )


def _waiting_buttons(items: tuple[WaitingItem, ...], say: Say) -> tuple[Button, ...]:
    """One question can be decided here; of several each has its details."""
    if len(items) != 1:
        return tuple(
            say.button(f"{item.code} Details", "details", item.client, item.gate) for item in items[:4]
        )
    item = items[0]
    if item.purpose == Purpose.PHASE:
        go = say.button("Go", "go", item.client, item.gate, item.offer8, style="primary")
        return (
            *(() if item.blocked else (go,)),
            say.button("Not yet", "not-yet", item.client, item.gate, item.offer8),
            say.button("Details", "details", item.client, item.gate),
        )
    return (
        say.button("Approve", "approve", item.client, item.gate, item.offer8, style="primary"),
        say.button("Reject", "reject", item.client, item.gate, item.offer8),
        say.button("Details", "details", item.client, item.gate),
    )


# --- votes ---


def vote_card(answer: VoteAnswer, say: Say) -> Card:
    """`Approved by you 22:04, 1 of 1. 3 PCs start 22:30.`"""
    if answer.verb == Verb.REJECT:
        why = f": {cause(answer.reason)}" if answer.reason else ""
        title = f"{_NO[answer.purpose]} by you {say.short(answer.at)} ({answer.code}){why}."
        return answer_about(title, line(_NO_MEANS[answer.purpose]), status=DONE)
    counted = f"{answer.count} of {answer.quorum}"
    if answer.status == GateStatus.OPEN:
        left = answer.quorum - answer.count
        title = f"Your yes counts, {say.short(answer.at)}, {counted} ({answer.code}){_part(answer)}."
        return answer_about(
            title, line(f"{left} more {is_are(left)} needed; nothing happens before."), status=DONE
        )
    if answer.status != GateStatus.APPROVED:
        title = (
            f"Your yes to {answer.code} was counted {say.short(answer.at)}, but it is {answer.status} now."
        )
        return answer_about(title, status=NOTE)
    title = f"{_YES[answer.purpose]} by you {say.short(answer.at)}, {counted} ({answer.code}){_part(answer)}."
    return answer_about(title, *_after_yes(answer, say), *_new_plan(answer), status=DONE)


def _part(answer: VoteAnswer) -> str:
    """`: 3 test PCs only; 81 PCs left out`, with what the others left out already."""
    if answer.purpose != Purpose.START:
        return ""
    gone = machines(answer.left_out)
    what = f"{_kept(answer)}; {size_words(answer.left_out)} left out" if gone else ""
    later = "to start later" if answer.later else ""
    said = "; ".join(part for part in (what, later) if part)
    return f": {said}" if said else ""


def _kept(answer: VoteAnswer) -> str:
    both = answer.kept.pcs and answer.kept.servers
    if not answer.test_only or both:
        return size_words(answer.kept)
    number, noun = (answer.kept.pcs, "PC") if answer.kept.pcs else (answer.kept.servers, "server")
    return f"{count(number, f'test {noun}')} only"


def _new_plan(answer: VoteAnswer) -> tuple[Element, ...]:
    """Only a first yes can leave anything out; what it left out is not forgotten silently."""
    if answer.purpose != Purpose.START or not machines(answer.left_out):
        return ()
    return (line("What is left out stays as it is and needs a new plan."),)


def _after_yes(answer: VoteAnswer, say: Say) -> tuple[Element, ...]:
    client = answer.client.tenant
    if answer.purpose == Purpose.PHASE:
        return (line(answer.follows),)
    if answer.not_before_resume:
        return (
            line(f"{named(answer.client)} is stopped: nothing starts until ", code(f"resume {client}"), "."),
        )
    if answer.purpose == Purpose.ROLLBACK:
        return (line("Every changed machine is restored and read again; the card shows each."),)
    if answer.purpose == Purpose.CONTINUE:
        return (line("It goes on from where it stood. Take it back: ", code(f"stop {client}"), "."),)
    start = "starts" if machines(answer.first_ring) == 1 else "start"
    what = f"{size_words(answer.first_ring)} {start} "
    if answer.starts_at is None or answer.starts_at <= say.now:
        return (line(f"{what}now. ", code(f"stop {client}"), " lets nothing more start."),)
    return (
        line(what, *say.when(answer.starts_at), "."),
        line(code(f"stop {client}"), " until then costs nothing."),
    )


# --- why, and what was planned ---


def why_card(answer: WhyAnswer, say: Say) -> Card:
    """Why you may or may not, and why a person is needed at all."""
    what = f"{answer.code} {named(answer.client)}"
    if answer.status != GateStatus.OPEN:
        return answer_about(f"{what} is {answer.status}.", line(answer.reason), *_needed(answer))
    may = "you may decide it" if answer.may else "you may not decide it"
    said = f"You hold what it asks for: {' or '.join(answer.roles)}." if answer.may else answer.reason
    return answer_about(
        f"{what}: {may}.",
        line(said),
        *_needed(answer),
        line(f"Needs {answer.quorum} of {some(answer.names) or 'nobody'}."),
        *((line(f"No go yet, {cause(answer.blocked)}."),) if answer.blocked else ()),
        line("If nobody answers by ", *say.when(answer.until), f": {_silence(answer)}."),
        typed=f"approve {answer.code}" if answer.may and not answer.blocked else "",
    )


def _silence(answer: WhyAnswer) -> str:
    return "hold" if answer.purpose == Purpose.PHASE else "not done"


def _needed(answer: WhyAnswer) -> tuple[Element, ...]:
    """Why a person and not the machine."""
    match answer.purpose:
        case Purpose.START:
            why = cause(answer.waits_because) or "the policy says that patches ask (level L2)"
            why += f", and {size_words_servers(answer.servers)}" if answer.servers else ""
        case Purpose.PROMOTE:
            why = cause(answer.waits_because) or "the policy asks before this ring"
        case Purpose.CONTINUE:
            why = cause(answer.waits_because) or "there were failures"
        case Purpose.ROLLBACK:
            why = "the policy asks before a fix of an exploited flaw is taken off"
        case Purpose.PHASE:
            why = "whether a phase begins is a person's word, never the bot's"
    lines = [line(f"A person is needed because {why}.")]
    if answer.not_requester:
        lines.append(line("Whoever asked for it may not be the one who decides."))
    return tuple(lines)


def size_words_servers(servers: int) -> str:
    """How servers weigh in the reason."""
    return f"{servers} {'server is' if servers == 1 else 'servers are'} in it"


def planned_card(answer: PlannedAnswer, say: Say) -> Card:
    """What came of `rollout start`."""
    what = f"{named(answer.client)}: {cause(answer.title)}, {size_words(answer.size)}"
    if answer.shadow:
        return answer_about(
            f"Only shown: {what}.",
            line(f"{named(answer.client)} is not live yet: nobody is asked and nothing will start."),
        )
    until = (line("Answer by ", *say.when(answer.until), ", else it is not done."),) if answer.until else ()
    return answer_about(
        f"{answer.code} planned. {what}.",
        line(f"Asked: {some(answer.names) or 'nobody'}. Nothing starts before a yes."),
        *until,
        status=_WAITS if answer.until else DONE,
        typed=f"approve {answer.code}",
    )
