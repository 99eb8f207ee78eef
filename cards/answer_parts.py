"""What the wordings of answers share: the clock, sizes, moments, and a card around one sentence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec

from bot.core.answers import Client, Size
from bot.core.buttons import NO_OFFER, ButtonValue
from cards.limits import PUSH_CHARACTERS, TITLE_CHARACTERS
from cards.model import Button, Card, Element, Shape, Spans, Status, button
from cards.plural import count, shortened
from cards.time_words import short, short_text, when
from cards.title_line import client_name

ANSWER_KEY = "answer"
DONE = Status(shape=Shape.DONE, word="Done")
NOT_DONE = Status(shape=Shape.STOPPED, word="Not done")
STOPPED = Status(shape=Shape.STOPPED, word="Stopped")
ASKED = Status(shape=Shape.QUESTION, word="Which?")
RUNNING = Status(shape=Shape.RUNNING, word="Under way")
NOTE = Status(shape=Shape.NOTE, word="Answer")
REASON_CHARACTERS = 120
"""So much of a reason or a cause is repeated; the record has all of it."""


class Say(msgspec.Struct, frozen=True, kw_only=True):
    """The moment, the clock that is spoken of, and the hand that signs buttons."""

    now: datetime
    zone: str
    sign: Callable[[ButtonValue], str]

    def short(self, at: datetime) -> str:
        """`22:41`, or with its day when that is not today, as plain words for titles."""
        return short_text(at, self.now, self.zone)

    def when(self, at: datetime) -> Spans:
        """`tonight 22:30` or `Thu 19 Nov 22:30`, drawn by the surface."""
        return when(at, self.now, self.zone)

    def past(self, at: datetime) -> Spans:
        """`02:14` or `Thu 12 Nov 02:14`, drawn by the surface."""
        return short(at, self.now, self.zone)

    def button(
        self,
        label: str,
        verb: str,
        client: Client,
        subject: str,
        offer8: str = NO_OFFER,
        *,
        style: Literal["primary", "danger", "plain"] = "plain",
    ) -> Button:
        """A signed button about a thing of one client."""
        value = ButtonValue(tenant=client.tenant, subject=subject, verb=verb, offer8=offer8)
        return button(label, verb, self.sign(value), style=style)


def answer_about(
    sentence: str,
    *body: Element,
    status: Status = NOTE,
    buttons: tuple[Button, ...] = (),
    typed: str = "",
    phone: bool = True,
) -> Card:
    """A card whose title is one sentence."""
    return Card(
        push=shortened(sentence, PUSH_CHARACTERS),
        title=shortened(sentence, TITLE_CHARACTERS),
        body=body,
        buttons=buttons,
        key=ANSWER_KEY,
        status=status,
        typed=typed,
        phone=phone,
    )


def size_words(size: Size) -> str:
    """`84 PCs`, `3 servers`, `84 PCs, 3 servers`; nothing at all is `0 PCs`."""
    parts = [count(size.pcs, "PC")] if size.pcs or not size.servers else []
    return ", ".join([*parts, *([count(size.servers, "server")] if size.servers else [])])


def machines(size: Size) -> int:
    """All of them."""
    return size.pcs + size.servers


def named(client: Client) -> str:
    """The client as people say it, short and safe."""
    return client_name(client.title)


def cause(text: str) -> str:
    """Somebody's words, short and safe, without the stop at the end."""
    return shortened(text, REASON_CHARACTERS).rstrip(". ")
