"""How text changes on its way: what people type is escaped, what comes back is escaped again."""

from __future__ import annotations

import re
from typing import Any, Final

from bot.twins.slack.model import Block

_BARE_AMPERSAND: Final = re.compile(r"&(?!(?:amp|lt|gt);)")
_CONTROL: Final = re.compile(r"(<(?:[@#!][^<>]*|(?:https?|mailto|tel):[^<>]*)>)")
_ADDRESS: Final = re.compile(r"https?://[^\s<>]+")


def escaped(text: str) -> str:
    """What a person typed: `& < >` are always entities afterwards."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(text: str, mentions: dict[str, str]) -> str:
    """A message as a person's client sends it: escaped, `@name` as a mention, web addresses as links."""
    done = _ADDRESS.sub(lambda found: f"<{found[0]}>", escaped(text))
    for name, user_id in sorted(mentions.items(), key=lambda pair: -len(pair[0])):
        done = re.sub(rf"(?<![\w@])@{re.escape(name)}(?![\w-])", f"<@{user_id}>", done)
    return done


def escaped_again(text: str) -> str:
    """A message's text as it comes back: bare `& < >` become entities, entities and `<@U1>` stay."""
    pieces = _CONTROL.split(_BARE_AMPERSAND.sub("&amp;", text))
    # split() with one group gives plain text and control sequences in turn
    return "".join(piece if odd % 2 else _angles(piece) for odd, piece in enumerate(pieces))


def blocks_again(blocks: tuple[Block, ...]) -> list[Block]:
    """Blocks as they come back: the texts people see are escaped, ids and values stay as they were sent."""
    return [_again(block) for block in blocks]


def _again(value: Any) -> Any:
    if isinstance(value, list):
        return [_again(each) for each in value]
    if not isinstance(value, dict):
        return value
    done = {name: _again(each) for name, each in value.items()}
    if value.get("type") in ("mrkdwn", "plain_text", "text", "markdown") and isinstance(
        value.get("text"), str
    ):
        plain = value["type"] == "plain_text"
        done["text"] = (
            _angles(_BARE_AMPERSAND.sub("&amp;", value["text"])) if plain else escaped_again(value["text"])
        )
    return done


def _angles(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")
