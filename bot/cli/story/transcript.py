"""What a reader sees: virtual times, who said and pressed what, cards as text, and what the RMM did."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TextIO
from zoneinfo import ZoneInfo

from bot.cli.story.record import moment

MARGIN: Final = " " * 10
NAMES_SHOWN: Final = 4
NO_FIELDS: Final[Mapping[str, str]] = MappingProxyType({})


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

    def pressed(
        self,
        at: datetime,
        person: str,
        place: str,
        label: str,
        fields: Mapping[str, str] = NO_FIELDS,
        how: str = "",
    ) -> None:
        """Somebody pressed a button, with what they had filled in; `how` if it is worth a word."""
        filled = "".join(f", {name}: {text}" for name, text in fields.items())
        self._write(f"{self._clock(at)} {person} in {place} presses [{label}]{how}{filled}")

    def answered(self, text: str) -> None:
        """What the person got back, for their eyes only."""
        if text:
            self._write(textwrap.indent(text, f"{MARGIN}> "))

    def changed(self, text: str) -> None:
        """No private answer came: the card that was pressed has changed for everybody."""
        self._write(f"{MARGIN}> (the card has changed)")
        self._write(textwrap.indent(text, f"{MARGIN}| "))

    def card(self, at: datetime, place: str, text: str, zone: str = "") -> None:
        """A card as it stands in a conversation, on the clock of `zone` where it is not the reader's."""
        clock = "" if zone in ("", self._zone.key) else f" (clock of {zone})"
        self._write(f"{self._clock(at)} Card in {place}{clock}:")
        self._write(textwrap.indent(text, f"{MARGIN}| "))

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
