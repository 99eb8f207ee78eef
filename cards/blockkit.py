"""Draws cards as Slack messages: a title, the state in a word, lines, buttons, and the typed way out.

Lines are `rich_text` and `plain_text`, not `mrkdwn` sections: `cards/blockkit_text.py` says why. Numbers are
Slack's (slack_sdk's models; docs.slack.dev, reference of Block Kit), or ours where the constant says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

import msgspec

from cards.blockkit_body import Item, Line, Room, items, packed, size
from cards.blockkit_text import NOTHING, Block, clipped, escaped, plain_text, rich, small, words
from cards.inert import inert
from cards.limits import LINES_BEFORE_BUTTONS, TITLE_CHARACTERS, fitted
from cards.model import Button, ButtonStyle, Card, Shape, Status

MESSAGE_BLOCKS = 50
MESSAGE_SIZE = 12_500
"""Above about 13,200 Slack answers `msg_blocks_too_long`. No reference names the limit, so keep off it."""
BUTTONS_SIZE = 6_000
"""Of these, what buttons may take: four with their questions are 2,000."""
BUTTONS = 10
"""Slack takes 25 in a row; a card has at most four."""
LABEL_CHARACTERS = 75
VALUE_CHARACTERS = 2000
VERB_CHARACTERS = 200
"""Of the 255 of an action id; the place and a spelled-out sign need room too."""
CONFIRM_TITLE_CHARACTERS = 100
CONFIRM_CHARACTERS = 300
CONFIRM_LABEL_CHARACTERS = 30
SPOKEN_CHARACTERS = 75
"""What a screen reader says instead of a button's label."""
LONG_CHARACTERS = 300
"""A whole title or typed line is never longer; what is, was made to break something."""
MENTIONS = 10
"""More people are not called at once, they are counted."""

SIGNS = {
    Shape.QUESTION: "◆",
    Shape.RUNNING: "►",
    Shape.DONE: "✓",
    Shape.STOPPED: "✕",
    Shape.NOTE: "ⓘ",
}
"""An outline each, and none that a phone turns into a coloured picture."""

_MENTION = re.compile(r"<@[UW][A-Z0-9]{1,30}>")

Mention = Callable[[str], str]
"""Person id -> `<@U123>`, or nothing for somebody who is not on this platform."""


class SlackMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What `chat.postMessage` and `chat.update` are given."""

    text: str
    """The push line: what a notification and a screen reader say."""
    blocks: tuple[Block, ...]


def nobody(person_id: str) -> str:
    """Call no one: for previews, and for answers that only one person sees."""
    return ""


def render(card: Card, zone: ZoneInfo, mention: Mention = nobody) -> SlackMessage:
    """Return the card as a message by the clock of `zone`; never fails, whatever the card holds."""
    lines = items(card.body, zone, phone=card.phone)
    above, below = _above(card), _below(card, lines, zone, mention)
    room = Room(
        blocks=MESSAGE_BLOCKS - len(above) - len(below),
        size=MESSAGE_SIZE - size(above) - size(below),
        lines=LINES_BEFORE_BUTTONS - 1 if card.phone else None,
    )
    return SlackMessage(text=_push(card), blocks=(*above, *packed(lines, room, _whole(card)), *below))


def _push(card: Card) -> str:
    short = fitted(msgspec.structs.replace(card, body=()))
    return escaped(short.push).strip() or escaped(card.title).strip() or NOTHING


def _whole(card: Card) -> str:
    """Who has the lines that were cut."""
    asked = any(button.verb == "details" for button in card.buttons)
    return "Details has them all." if asked else "the console has them all."


def _above(card: Card) -> list[Block]:
    title = inert(card.title).strip()
    blocks: list[Block] = [{"type": "header", "text": plain_text(title, TITLE_CHARACTERS)}]
    if card.status is not None:
        blocks.append(_status(card.status))
    if len(title) > TITLE_CHARACTERS:
        blocks.append(rich([words(clipped(title, LONG_CHARACTERS), bold=True)]))
    return blocks


def _status(status: Status) -> Block:
    """The word with its sign, on the first line below the title."""
    word = clipped(status.word, LABEL_CHARACTERS).strip() or status.shape.value
    return small(f"{SIGNS[status.shape]} {word}")


def _below(card: Card, lines: list[Item], zone: ZoneInfo, mention: Mention) -> list[Block]:
    shown = _buttons_that_fit(card)
    left_out = [button.label for button in card.buttons[len(shown) :]]
    blocks: list[Block] = [{"type": "actions", "elements": shown}] if shown else []
    if left_out:
        names = clipped(", ".join(left_out[:BUTTONS]), LONG_CHARACTERS)
        blocks.append(small(f"… {len(left_out)} more buttons do not fit here, the console has them: {names}"))
    if called := _called(card, mention):
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": called, "verbatim": True}})
    if card.typed.strip():
        blocks.append(rich([words("Or type: "), words(clipped(card.typed, LONG_CHARACTERS), code=True)]))
    if any(part["type"] == "date" for line in lines if isinstance(line, Line) for part in line.parts):
        blocks.append(small(f"Times: {clipped(str(zone), LABEL_CHARACTERS)} clock, then your own."))
    return blocks


def _called(card: Card, mention: Mention) -> str:
    """One line of account ids; anything of another form, from wherever, calls nobody."""
    found = dict.fromkeys(called for person in card.mention if _MENTION.fullmatch(called := mention(person)))
    named = list(found)
    more = f" and {len(named) - MENTIONS} more" if len(named) > MENTIONS else ""
    return f"For {', '.join(named[:MENTIONS])}{more}" if named else ""


# --- buttons ---


def _buttons_that_fit(card: Card) -> list[Block]:
    """The buttons from the first on. One that cannot be sent whole ends the row: half a value is none."""
    shown: list[Block] = []
    for place, button in enumerate(card.buttons[:BUTTONS]):
        drawn = _button(button, place, card.title)
        if not _sendable(button.value) or size([*shown, drawn]) > BUTTONS_SIZE:
            break
        shown.append(drawn)
    return shown


def _sendable(value: str) -> bool:
    return len(value) <= VALUE_CHARACTERS and not any("\ud800" <= sign <= "\udfff" for sign in value)


def _button(button: Button, place: int, title: str) -> Block:
    label = clipped(button.label, LABEL_CHARACTERS).strip() or clipped(button.verb, LABEL_CHARACTERS).strip()
    drawn: Block = {
        "type": "button",
        "action_id": f"{clipped(button.verb, VERB_CHARACTERS)}:{place}",
        "text": plain_text(label, LABEL_CHARACTERS),
        "accessibility_label": clipped(f"{label or NOTHING}: {title}", SPOKEN_CHARACTERS),
    }
    if button.value:
        drawn["value"] = button.value
    if button.style is not ButtonStyle.PLAIN:
        drawn["style"] = button.style.value
    if button.confirm is not None:
        drawn["confirm"] = _confirm(button.confirm, label, button.style)
    return drawn


def _confirm(question: str, label: str, style: ButtonStyle) -> Block:
    drawn: Block = {
        "title": plain_text(label, CONFIRM_TITLE_CHARACTERS),
        "text": plain_text(question, CONFIRM_CHARACTERS),
        "confirm": plain_text(label, CONFIRM_LABEL_CHARACTERS),
        "deny": plain_text("Back", CONFIRM_LABEL_CHARACTERS),
    }
    return {**drawn, "style": "danger"} if style is ButtonStyle.DANGER else drawn
