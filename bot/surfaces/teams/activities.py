"""Cards and forms as Bot Framework activities, and as the answers to an `adaptiveCard/action` invoke."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from bot.surfaces.port import Answer
from cards import plain
from cards.adaptive import Mention, TeamsCard, nobody, render
from cards.adaptive_forms import BACK_VERB, render_form
from cards.adaptive_text import quiet_line
from cards.model import Button, Card, Text, line

CARD_TYPE: Final = "application/vnd.microsoft.card.adaptive"
TOAST_TYPE: Final = "application/vnd.microsoft.activity.message"
ERROR_TYPE: Final = "application/vnd.microsoft.error"
ON_AN_ANSWER: Final = "__answer"
"""In the data of a button that stands on an answer. To Teams an answer is a message like any card of ours; a
click on it must not be taken for one on the card: it would be kept as a copy of it, and redrawn."""
CUT_SENTENCE: Final = "This is too long for Teams and not shown here. The console has all of it."
NOTE_LINES: Final = 2
"""Beside the title: what people read of a note at the edge of the window before it goes away."""

Body = dict[str, Any]


def clock(name: str) -> ZoneInfo:
    """The clock of this name; UTC for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def drawn(answer: Answer, zone: ZoneInfo, *, mention: Mention = nobody, back: str = "") -> TeamsCard:
    """A card or form as Teams takes it, with the way back when there is one."""
    if not isinstance(answer, Card):
        return render_form(answer, zone, back=back)
    if back:
        way = Button(label="Back", verb=BACK_VERB, value=back)
        answer = msgspec.structs.replace(answer, buttons=(*answer.buttons, way))
    return render(answer, zone, mention)


def as_answer(card: TeamsCard) -> TeamsCard:
    """The same with every button saying that it stands on an answer."""
    marked = [_marked(action) for action in card.content.get("actions", ())]
    return msgspec.structs.replace(card, content={**card.content, "actions": marked})


def _marked(action: Body) -> Body:
    drawn = dict(action)
    if "data" in action:
        drawn["data"] = {**action["data"], ON_AN_ANSWER: True}
    if "fallback" in action:
        drawn["fallback"] = _marked(action["fallback"])
    if "card" in action:  # a question before the click
        asked = [_marked(inner) for inner in action["card"].get("actions", ())]
        drawn["card"] = {**action["card"], "actions": asked}
    return drawn


def is_on_answer(data: object) -> bool:
    """True when the pressed button stood on an answer; `data` is whatever came with the click."""
    return isinstance(data, dict) and data.get(ON_AN_ANSWER) is True


def message(card: TeamsCard) -> Body:
    """The message that shows a card, with the push line as its summary: what a lock screen shows.

    Never with a text of its own beside the card: Teams splits such a message in two, answers 202 without an
    id, and refuses to redraw it ("Activity resulted into multiple skype activities", BotFramework-Services
    issue 98; the Agents Playground does the same).
    """
    return {
        "type": "message",
        "summary": card.text,
        "attachments": [{"contentType": CARD_TYPE, "content": card.content}],
    }


def shortened(card: Card) -> Card:
    """The least of a card that can be decided with: title, typed way out and buttons."""
    return msgspec.structs.replace(card, body=(line(CUT_SENTENCE),))


def in_words(card: Card, zone: ZoneInfo) -> str:
    """All that a card says, when it is a sentence or two; else nothing.

    Such a card needs no room of its own. Put in the place of a question it would take the question away from
    somebody who has only been told why a press did not count, with no button that leads back.
    """
    if card.buttons or len(card.body) > NOTE_LINES or not all(isinstance(one, Text) for one in card.body):
        return ""
    said = (plain.sentence(one.text, zone) for one in card.body if isinstance(one, Text))
    return " ".join((card.title, *said))


def card_answer(card: TeamsCard) -> Body:
    """The card that takes the clicked one's place, for the clicker alone."""
    return {"statusCode": 200, "type": CARD_TYPE, "value": card.content}


def toast(sentence: str) -> Body:
    """A sentence for the clicker; the clicked card stays. Some clients read it as Markdown, so it is none."""
    return {"statusCode": 200, "type": TOAST_TYPE, "value": quiet_line(sentence)}


def problem(status: int, code: str, sentence: str) -> Body:
    """The client's own error note with this sentence. Never 401: that would start a sign-in."""
    return {"statusCode": status, "type": ERROR_TYPE, "value": {"code": code, "message": sentence}}
