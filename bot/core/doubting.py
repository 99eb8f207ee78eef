"""A line with a question mark asks: what lets work go on, ends it or reports it is not carried out for that.

`approve 7K2?` is said to a colleague in the same channel. A stop and a no are carried out all the same: they
hold work back, and whoever was only asking takes them back at leisure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.core.command_values import (
    Approve,
    Mistyped,
    PhaseDone,
    Reading,
    Reported,
    Resume,
    Reviewed,
    RolloutAbort,
    RolloutRollback,
    Unbind,
)

NOT_FOR_A_QUESTION: Final = (
    Approve,
    Resume,
    RolloutAbort,
    RolloutRollback,
    Reported,
    Reviewed,
    PhaseDone,
    Unbind,
)
MARKS: Final = ("?", "\N{FULLWIDTH QUESTION MARK}")
QUESTION: Final = Mistyped(
    suggestion="",
    sentence="That is a question, so nothing was done. `why` and an id tell how it stands; to do it, leave"
    " out the question mark.",
)


def unless_asked(reading: Reading, words: Sequence[str]) -> Reading:
    """The reading, or that it was a question."""
    asks = any(word.rstrip("`'\"”’»)*_").endswith(MARKS) for word in words)
    return QUESTION if asks and isinstance(reading, NOT_FOR_A_QUESTION) else reading
