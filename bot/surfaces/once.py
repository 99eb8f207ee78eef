"""Remembers which deliveries were answered, so that a repetition is carried out by nobody's second answer."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

REMEMBERED: Final = 10_000
"""Slack repeats within six minutes, Teams sooner; so many deliveries are hours of a busy house."""


class Once:
    """In memory: after a restart an answer may be seen twice, never a thing done twice."""

    def __init__(self) -> None:
        self._answered: OrderedDict[str, None] = OrderedDict()

    def first(self, delivery_id: str) -> bool:
        """True the first time; from then on somebody has answered it."""
        if delivery_id in self._answered:
            return False
        self._answered[delivery_id] = None
        while len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)
        return True

    def forget(self, delivery_id: str) -> None:
        """It was not answered after all."""
        self._answered.pop(delivery_id, None)
