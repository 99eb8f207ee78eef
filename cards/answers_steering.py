"""Answers about stopping, starting again, ending and taking back."""

from __future__ import annotations

from bot.core.answers import (
    Client,
    EndedAnswer,
    ResumedAnswer,
    RollingBackAnswer,
    Size,
    StoppedAnswer,
)
from bot.core.tenants import SELF
from cards.answer_parts import (
    DONE,
    NOT_DONE,
    RUNNING,
    STOPPED,
    Say,
    answer_about,
    cause,
    machines,
    named,
    size_words,
)
from cards.model import Button, Card, Element, code, line
from cards.plural import count, is_are, some

SHOWN_REFUSALS = 3


def stopped_card(answer: StoppedAnswer, say: Say) -> Card:
    """`Stopped 22:41. Nothing new starts. 2 PCs are mid-install and will finish.`"""
    if not answer.clients:
        return answer_about("Nothing was stopped.", *_refused(answer.refused), status=NOT_DONE)
    where = answer.code or (
        named(answer.clients[0].client) if len(answer.clients) == 1 else count(len(answer.clients), "client")
    )
    body = (line(_finishing(answer)), _again(answer), *_refused(answer.refused))
    title = f"Stopped {say.short(answer.at)}: {where}. Nothing new starts."
    return answer_about(title, *body, status=STOPPED, buttons=_stopped_buttons(answer, say))


def _finishing(answer: StoppedAnswer) -> str:
    total = Size(
        pcs=sum(stop.finishing.pcs for stop in answer.clients),
        servers=sum(stop.finishing.servers for stop in answer.clients),
    )
    if not machines(total):
        return "Nothing is mid-install."
    return f"{size_words(total)} {is_are(machines(total))} mid-install and will finish."


def _again(answer: StoppedAnswer) -> Element:
    one = answer.code or (answer.clients[0].client.tenant if len(answer.clients) == 1 else "all")
    return line("Start again: ", code(f"resume {one.lower() if one == 'all' else one}"), ".")


def _stopped_buttons(answer: StoppedAnswer, say: Say) -> tuple[Button, ...]:
    if len(answer.clients) != 1:
        return ()
    subject = answer.rollout or SELF
    return (say.button("Start again", "resume", answer.clients[0].client, subject, style="primary"),)


def resumed_card(answer: ResumedAnswer, say: Say) -> Card:
    """What goes on, and what still waits for another reason."""
    if not answer.clients:
        return answer_about("Nothing was started again.", *_refused(answer.refused), status=NOT_DONE)
    where = answer.code or some(named(client) for client in answer.clients)
    lines = [line(f"Still waits: {cause(text)}.") for text in answer.still[:SHOWN_REFUSALS]]
    if answer.asked:
        lines.insert(
            0, line(f"A person has to answer {answer.asked} first: ", code(f"why {answer.asked}"), ".")
        )
    title = f"Started again {say.short(answer.at)}: {where}."
    if answer.asked:
        title = f"{where} goes on after an answer to {answer.asked}."
    return answer_about(title, *lines, *_refused(answer.refused), status=DONE)


def ended_card(answer: EndedAnswer, say: Say) -> Card:
    """It ended; what is done stays done."""
    one = answer.line
    title = f"{one.code} {named(one.client)}: ended {say.short(answer.at)}. Nothing new starts."
    lines = [line(f"{one.done} of {machines(one.size)} have the update and keep it.")]
    if one.in_progress:
        lines.append(line(f"{count(one.in_progress, 'machine')} mid-install will finish."))
    if one.done or one.in_progress:
        lines.append(line("Take it off again: ", code(f"rollout rollback {one.code}"), "."))
    return answer_about(title, *lines, status=STOPPED)


def rolling_back_card(answer: RollingBackAnswer, say: Say) -> Card:
    """The update comes off again."""
    one = answer.line
    title = f"{one.code} {named(one.client)}: taking the update off since {say.short(answer.at)}."
    return answer_about(
        title,
        line(f"{count(one.going_back, 'machine')} at it now; each is read again before it counts."),
        line("What cannot be restored is named on the card and needs hands."),
        status=RUNNING,
        buttons=(say.button("Details", "details", one.client, one.rollout),),
    )


def _refused(refused: tuple[tuple[Client, str], ...]) -> list[Element]:
    lines: list[Element] = [
        line(f"{named(client)}: {cause(why)}.") for client, why in refused[:SHOWN_REFUSALS]
    ]
    left = len(refused) - SHOWN_REFUSALS
    return [*lines, line(f"{count(left, 'more client')} not done.")] if left > 0 else lines
