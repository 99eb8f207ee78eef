"""What people get back about small work: a scan that they asked for, a report on what was advised."""

from __future__ import annotations

from bot.core.answer_parts import Client
from bot.core.value import Value


class ScanAnswer(Value, tag="scan"):
    """Devices look for missing updates again because somebody asked."""

    client: Client
    devices: int
    left_out: int
    level: str
    rule: str
    """The policy that allows it, as people call it."""
    code: str = ""
    """Set when people are asked first: the short id of the question."""


class ReportedAnswer(Value, tag="reported"):
    """A person said whether they did what was advised."""

    client: Client
    code: str
    did: bool
