"""The fake for somebody at a terminal: the screen as words, and a button by what is written on it."""

from __future__ import annotations

import re
from typing import Any, Final

from bot.twins.slack import readouts
from bot.twins.slack.answers import NoSuchThing
from bot.twins.slack.fake import FakeSlack
from bot.twins.slack.model import Block
from bot.twins.slack.wire import Button, Click, Press, SeenMessage, words

_MOMENT: Final = re.compile(r"<!date\^[^|>]*\|([^>]*)>")
NOTHING: Final = "(nothing here yet)"


def screen(fake: FakeSlack, person: str, channel: str, last: int) -> str:
    """The last messages of a conversation, and the form that lies before it."""
    shown = readouts.seen(fake, person, channel).messages[-last:]
    lines = [line for message in shown for line in _message(message, person)]
    form = readouts.screen(fake, person).modal
    if form is not None:
        lines += ["-- a form lies before it", *_read(tuple(form.view["blocks"])), *_buttons(form.buttons)]
        lines += [f"   wrong: {said}" for said in form.errors.values()]
    return "\n".join(lines or [NOTHING]) + "\n"


def _message(message: SeenMessage, person: str) -> list[str]:
    alone = f", for {person} alone" if message.ephemeral else ""
    read = _read(message.blocks) or [f"   {message.text}"]
    return [f"-- {message.user}{alone}", *read, *_buttons(message.buttons)]


def _read(blocks: tuple[Block, ...]) -> list[str]:
    rows = [each for each in blocks if each.get("type") != "actions"]
    return [f"   {line}" for row in rows for word in _lines(row) for line in word.splitlines()]


def _lines(part: Any) -> list[str]:
    """A line for each text, and one for all the runs of a rich text's paragraph."""
    if not isinstance(part, dict):
        return []
    if part.get("type") == "rich_text":
        return [line for each in part["elements"] for line in _lines(each)]
    if part.get("type") == "rich_text_list":
        return [f"- {line}" for each in part["elements"] for line in _lines(each)]
    if str(part.get("type", "")).startswith("rich_text_"):
        return ["".join(map(_run, part["elements"]))]
    return [_MOMENT.sub(r"\1", word) for word in words(part)]


def _run(run: Block) -> str:
    """One piece of a paragraph; a moment as those read it whose client does not know moments."""
    return str(run.get("text") or run.get("fallback") or run.get("user_id") or run.get("url") or "")


def _buttons(buttons: tuple[Button, ...]) -> list[str]:
    return ["   " + " ".join(f"[{each.label}]" for each in buttons)] if buttons else []


def newest(fake: FakeSlack, press: Press) -> Click:
    """The click on the newest button of this name that the person sees there."""
    for message in reversed(readouts.seen(fake, press.person, press.channel).messages):
        if any(button.label == press.label for button in message.buttons):
            return Click(person=press.person, channel=press.channel, ts=message.ts, label=press.label)
    raise NoSuchThing(f"{press.person} sees no button {press.label!r} in {press.channel}")
