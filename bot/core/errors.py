"""The one small error tree: what the person did, what the other system did, what we did.

RingmasterError
 |- Refused          the person asked for something that may not happen; the text is the answer they get
 |- OutsideFailed    another system said no, said nothing, or made no sense
 |   |- OutsideBusy        it asked us to come back later (429, 503); carries the seconds it named
 |   |- OutsideGone        the place or thing is not there (any more): trying again cannot help by itself
 |   |- OutsideUnclear     the call may or may not have taken effect; look before repeating
 |- Broken           our own fault: a state that must not be, a fault in the record
"""

from __future__ import annotations


class RingmasterError(Exception):
    """Root of everything this program raises on purpose."""


class Refused(RingmasterError):
    """A sentence for the person who asked: why not, and what to do next. Nothing was changed."""

    def __init__(self, why: str, *, rule: str = "refused") -> None:
        super().__init__(why)
        self.why = why
        self.rule = rule


class OutsideFailed(RingmasterError):
    """Another system refused or failed; the action definitely did not take effect."""


class OutsideBusy(OutsideFailed):
    """The other system asked for patience; nothing took effect."""

    def __init__(self, why: str, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(why)
        self.retry_after_seconds = retry_after_seconds


class OutsideGone(OutsideFailed):
    """What we wanted to reach is not there any more, or not open to us; only a person can change that."""


class OutsideUnclear(OutsideFailed):
    """The call was sent and no answer came back: it may have taken effect."""


class Broken(RingmasterError):
    """A state that must not be: our own fault, or somebody altered the record."""


class StoreUnavailable(RingmasterError):
    """The database is locked, full or gone for the moment; nothing was written, trying again is right."""
