"""What a reader sees: virtual times, who said and pressed what, cards as text, and what the RMM did."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, TextIO
from zoneinfo import ZoneInfo

from bot.cli.story.record import moment
from bot.surfaces.port import Answer
from cards.model import Form
from cards.plain import render, render_form

MARGIN: Final = " " * 10
NAMES_SHOWN: Final = 4


class Transcript:
    """Writes line by line, so that a run can be followed while it goes on."""

    def __init__(self, out: TextIO, zone: str) -> None:
        self._out = out
        self._zone = ZoneInfo(zone)

    def title(self, text: str) -> None:
        """A new part of the story."""
        self._write(f"\n== {text} ==")

    def note(self, text: str) -> None:
        """A sentence about the story itself."""
        self._write(f"{MARGIN}{text}")

    def said(self, at: datetime, person: str, place: str, text: str) -> None:
        """Somebody typed something."""
        self._write(f"{self._clock(at)} {person} in {place}: {text}")

    def pressed(self, at: datetime, person: str, place: str, label: str) -> None:
        """Somebody pressed a button."""
        self._write(f"{self._clock(at)} {person} in {place} presses [{label}]")

    def answered(self, answer: Answer | None, zone: str) -> None:
        """What the person got back, for their eyes only, on the clock of where they asked."""
        if answer is not None:
            self._write(textwrap.indent(_drawn(answer, zone), f"{MARGIN}> "))

    def card(self, at: datetime, place: str, card: Answer, zone: str) -> None:
        """A card as it stands in a conversation, on the clock of its client."""
        clock = "" if zone == self._zone.key else f" (clock of {zone})"
        self._write(f"{self._clock(at)} Card in {place}{clock}:")
        self._write(textwrap.indent(_drawn(card, zone), f"{MARGIN}| "))

    def bot(self, at: datetime, text: str) -> None:
        """Something that the bot decided or saw."""
        self._write(f"{self._clock(at)} Ringmaster: {text}")

    def rmm(self, effects: Iterable[dict[str, Any]]) -> None:
        """What really happened to devices; equal things at one moment are one line."""
        groups: dict[tuple[str, str, str], list[str]] = {}
        for effect in effects:
            groups.setdefault((effect["at"], effect["effect"], effect["kb"]), []).append(effect["device"])
        for (at, what, kb), devices in groups.items():
            shown = ", ".join(devices[:NAMES_SHOWN])
            more = f" and {len(devices) - NAMES_SHOWN} more" if len(devices) > NAMES_SHOWN else ""
            update = f" KB{kb}" if kb else ""
            self._write(f"{self._clock(moment(at))} RMM: {what}{update}: {shown}{more}")

    def _clock(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%a %H:%M}"

    def _write(self, text: str) -> None:
        print(text, file=self._out, flush=True)


def _drawn(answer: Answer, zone: str) -> str:
    clock = ZoneInfo(zone)
    return render_form(answer, clock) if isinstance(answer, Form) else render(answer, clock)
