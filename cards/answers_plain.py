"""Short answers: no, which, what can be typed, who is on call, who has a page."""

from __future__ import annotations

from bot.core.answers import (
    BoundAnswer,
    ChoiceAnswer,
    HelpAnswer,
    MistypedAnswer,
    OnCallAnswer,
    PageAnswer,
    RefusedAnswer,
    Which,
)
from cards.answer_parts import ASKED, DONE, NOT_DONE, NOTE, Say, answer_about, cause, named
from cards.limits import LINES_BEFORE_BUTTONS
from cards.model import Card, Element, code, facts, line

_QUESTIONS = {
    Which.CLIENT: "Which client? Type one of these.",
    Which.QUESTION: "Which one? Type one of these.",
    Which.ROLLOUT: "Which rollout? Type one of these.",
    Which.REASON: "Why? Type one of these, or your own words after the id.",
    Which.PROJECT: "Which project? Type one of these.",
    Which.DEVICE: "Several clients have a device of that name. Type one of these.",
}
_NONE = {
    Which.CLIENT: "There is no client here to choose from.",
    Which.QUESTION: "No question is open here.",
    Which.ROLLOUT: "No rollout is under way here.",
    Which.REASON: "There is no reason to choose from.",
    Which.PROJECT: "No project runs here.",
    Which.DEVICE: "No device of that name is known here.",
}
SHOWN_OPTIONS = LINES_BEFORE_BUTTONS - 2


def refused_card(answer: RefusedAnswer) -> Card:
    """The sentence itself; a long one goes on below the title."""
    first, _, rest = answer.why.partition(". ")
    if not rest:
        return answer_about(answer.why, status=NOT_DONE)
    return answer_about(f"{first}.", line(rest), status=NOT_DONE)


def mistyped_card(answer: MistypedAnswer) -> Card:
    """What was not understood, and how it is said; the usage is never cut off, however long."""
    first, _, rest = answer.sentence.partition(". ")
    if not rest:
        return answer_about(answer.sentence, status=NOT_DONE, typed=answer.suggestion)
    return answer_about(f"{first}.", line(rest), status=NOT_DONE, typed=answer.suggestion)


def choice_card(answer: ChoiceAnswer) -> Card:
    """Each option with the line that means it."""
    if not answer.options:
        return answer_about(_NONE[answer.question], status=NOTE)
    lines: list[Element] = [
        line(f"{cause(label)}: ", code(command)) for label, command in answer.options[:SHOWN_OPTIONS]
    ]
    left = len(answer.options) - SHOWN_OPTIONS
    if left > 0:
        lines.append(line(f"{left} more are not shown here."))
    return answer_about(_QUESTIONS[answer.question], *lines, status=ASKED)


def oncall_card(answer: OnCallAnswer) -> Card:
    """In which order people are called."""
    if not answer.names:
        return answer_about("Nobody is on call. A lead has to set the list.", status=NOTE)
    first, *others = answer.names
    return answer_about(", then ".join((f"On call: {first}", *others)) + ".", status=NOTE)


def bound_card(answer: BoundAnswer) -> Card:
    """Whose cards hang here from now on."""
    if not answer.bound:
        return answer_about(
            "This channel belongs to nobody now: nothing more is shown or heard here.",
            line("Cards that hang here stay as they are. Bind it again: ", code("bind <client>"), "."),
            status=DONE,
        )
    return answer_about(
        f"This channel is {named(answer.client)}'s now. Its cards appear here, and no other client's.",
        line("Whoever can read this channel can read them. Take it back: ", code("unbind"), "."),
        status=DONE,
    )


def help_card(answer: HelpAnswer) -> Card:
    """All commands, or one of them."""
    lines = [pair for pair in answer.lines if not answer.topic or answer.topic in pair[0]]
    pairs = [((usage), (summary,)) for usage, summary in lines or answer.lines]
    return answer_about(
        "What you can type: small letters, any order, no slash.",
        facts(*pairs),
        line("A device name, a client or an id alone is a question too."),
        status=NOTE,
        phone=len(pairs) < LINES_BEFORE_BUTTONS - 1,
    )


def page_card(answer: PageAnswer, say: Say) -> Card:
    """Who has it, or who is called when."""
    about = f"{named(answer.client)}{' ' + answer.code if answer.code else ''}"
    if answer.taken_by:
        return answer_about(
            f"{answer.taken_by} has it: {about}. Nobody else is called.",
            line(cause(answer.reason) + "."),
            status=DONE,
        )
    if not answer.next_name:
        return answer_about(f"{about}: nobody is left on the list to call. Take it, or phone a lead.")
    if answer.next_at is None or answer.next_at <= say.now:
        return answer_about(f"{about}: {answer.next_name} is called now.", status=DONE)
    return answer_about(
        f"{about}: {answer.next_name} is called at {say.short(answer.next_at)} unless somebody takes it.",
        line("Sooner: phone them. ", "Whoever takes it ends the calls."),
    )
