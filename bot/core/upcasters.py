"""Facts of older versions, brought to the present shape: pure functions, one a version step.

A fact's tag ends in its version ("gate.opened.1"). When a fact changes shape it gets the next number and an
entry here; what is in a ledger is never rewritten. Each release leaves a golden ledger in the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

RawFact = dict[str, Any]

Upcasters = Mapping[str, Callable[[RawFact], RawFact]]

UPCASTERS: Final[Upcasters] = {}
"""Old tag -> the fact under its next tag."""

MAX_STEPS: Final = 64
"""More versions of one fact than this means that the table runs in a circle."""


def upcast(raw: RawFact, table: Upcasters = UPCASTERS) -> RawFact:
    """The fact in its present shape."""
    for _ in range(MAX_STEPS):
        step = table.get(raw["type"])
        if step is None:
            return raw
        raw = step(raw)
    raise RecursionError(f"upcasters of {raw['type']} never end")
