"""What a modal carries along, so that the form that comes back is the click it was opened by."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

HELD_CHARACTERS: Final = 3000
"""Slack's limit for `private_metadata`."""

_Short = Annotated[str, msgspec.Meta(max_length=300)]


class Held(msgspec.Struct, frozen=True, kw_only=True, array_like=True, forbid_unknown_fields=True):
    """The button's signed value and the place it was pressed in. Slack keeps it; nobody can alter it."""

    version: Annotated[int, msgspec.Meta(ge=1, le=1)] = 1
    value: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    conversation: Annotated[str, msgspec.Meta(pattern=r"^slack:[A-Za-z0-9]{1,64}:@?[A-Za-z0-9]{1,64}\Z")]
    message_id: _Short = ""
    channel: _Short = ""
    replaces: bool = False
    """It was opened from a private answer, which its own answer then takes the place of."""
    response_url: Annotated[str, msgspec.Meta(max_length=2500)] = ""


def write(held: Held) -> str:
    """As `private_metadata`; the address for answers only where it fits. Empty: nothing fits."""
    for candidate in (held, msgspec.structs.replace(held, response_url="")):
        written = msgspec.json.encode(candidate).decode()
        if len(written) <= HELD_CHARACTERS:
            return written
    return ""


def read(text: str) -> Held | None:
    """What was written; None for anything else."""
    try:
        return msgspec.json.decode(text, type=Held)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
