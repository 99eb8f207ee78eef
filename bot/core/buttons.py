"""Button values: self-describing, unforgeable, good after a restart. Authority is always checked anew.

`v1.tenant.subject.verb.offer8.mac`: the MAC binds all that stands before it, so that a value from another
client, another question or another hand is refused before anything is looked up.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from bot.core.errors import Refused
from bot.core.value import Value

VERSION: Final = "v1"
MAC_CHARACTERS: Final = 22
"""88 bits in hexadecimal: beyond guessing, and short enough for any platform's limits."""
MAX_LENGTH: Final = 255
"""Slack's limit for an action's identifier is the tightest of all surfaces."""

NO_OFFER: Final = "-"


class ButtonValue(Value):
    """What a button says when it is pressed."""

    tenant: str
    subject: str
    verb: str
    offer8: str = NO_OFFER


def write(value: ButtonValue, key: bytes) -> str:
    """The text that travels in the button."""
    head = ".".join((VERSION, value.tenant, value.subject, value.verb, value.offer8))
    return f"{head}.{_mac(head, key)}"


def read(text: str, key_of_tenant: dict[str, bytes]) -> ButtonValue:
    """The value again, or Refused: forged, damaged, foreign, or of a version we no longer write."""
    parts = text.split(".") if len(text) <= MAX_LENGTH else []
    if len(parts) != 6 or parts[0] != VERSION or not all(parts):
        raise Refused("That button is damaged. Open the card again.", rule="bad-button")
    key = key_of_tenant.get(parts[1])
    head = ".".join(parts[:5])
    if key is None or not hmac.compare_digest(_mac(head, key), parts[5]):
        raise Refused("That button was not made by this bot. Nothing was done.", rule="forged-button")
    return ButtonValue(tenant=parts[1], subject=parts[2], verb=parts[3], offer8=parts[4])


def _mac(head: str, key: bytes) -> str:
    return hmac.new(key, head.encode(), hashlib.sha256).hexdigest()[:MAC_CHARACTERS]
