"""What a person typed, out of what Teams made of it: without the bot's mention, markup and odd spaces."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from bot.surfaces.teams.wire import Posted

TEXT_CHARACTERS: Final = 20_000
"""Teams' own messages are below 28 KB; nobody types more, and no expression here sees more."""
_MENTION: Final = re.compile(r"<at\b[^<>]*>([^<>]*)</at>", re.IGNORECASE)
_TAG: Final = re.compile(
    r"</?(?:p|div|br|span|strong|em|b|i|u|s|a|code|pre|font|ul|ol|li|blockquote)\b[^<>]*>", re.IGNORECASE
)


def words(posted: Posted) -> str:
    """The words on one line.

    Not by the SDK's `remove_recipient_mention`: it takes the bot's name out of the whole text, also where
    somebody writes about the bot, and fails on an entity without `mentioned`.
    """
    text = (posted.text or "")[:TEXT_CHARACTERS]
    bot = posted.recipient.id if posted.recipient else None
    for entity in posted.entities or ():
        who = entity.mentioned
        if who and bot and who.id == bot and (entity.type or "").lower() == "mention":
            text = text.replace(entity.text or f"<at>{who.name or ''}</at>", " ", 1)
    text = _TAG.sub(" ", _MENTION.sub(r"\1", text))
    return " ".join(unescape(text).replace("\u200b", "").split())
