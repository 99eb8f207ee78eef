"""The twin for somebody at a terminal: the screen as words, and a button by what is written on it."""

from __future__ import annotations

from typing import Any, Final

from bot.twins.teams import cards, sight
from bot.twins.teams.model import Person
from bot.twins.teams.orders import Click, Press, Seen
from bot.twins.teams.refusals import BadOrder
from bot.twins.teams.service import Teams

NOTHING: Final = "(nothing here yet)"


def screen(teams: Teams, person: Person, conversation: str, last: int) -> str:
    """The last messages of a conversation, newest last, with the notes that only this person sees."""
    shown = sight.seen(teams.world, person, conversation)[-last:]
    notes = {toast.activity_id: toast.text for toast in teams.toasts.get(person.name, ())}
    lines = [line for message in shown for line in _message(message, notes.get(message.id, ""))]
    return "\n".join(lines or [NOTHING]) + "\n"


def _message(message: Seen, note: str) -> list[str]:
    card: dict[str, Any] = message.card or {}
    text = [message.text] if message.text else []
    titles = [f"[{button.get('title')}]" for button in cards.buttons(card)]
    lines = [f"-- {message.author}", *(f"   {line}" for line in text + cards.texts(card))]
    lines += ["   " + " ".join(titles)] if titles else []
    return [*lines, *([f"   note: {note}"] if note else [])]


def newest(teams: Teams, press: Press) -> Click:
    """The click on the newest button of this name that the person sees there."""
    person = teams.world.person(press.person)
    for message in reversed(sight.seen(teams.world, person, press.conversation or f"@{person.name}")):
        if any(button.get("title") == press.label for button in cards.buttons(message.card or {})):
            return Click(
                person=press.person,
                conversation=press.conversation or f"@{person.name}",
                activity_id=message.id,
                label=press.label,
                inputs=press.inputs,
            )
    raise BadOrder(f"{press.person} sees no button '{press.label}' there", 409)
