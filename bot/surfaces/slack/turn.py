"""One delivery on its way through: when it came, and what is to be done when its answer has left."""

from __future__ import annotations

from datetime import datetime

import msgspec

from bot.surfaces.slack.after import Work


class Turn(msgspec.Struct, kw_only=True):
    """Travels with the request through bolt, in its context."""

    received_at: datetime
    began: float
    """On the loop's clock: Slack waits three seconds of real time, whatever our own clock says."""
    digest: str
    """Of the signed bytes: names a delivery that Slack gave no id."""
    retry: int = 0
    """0 the first time; Slack repeats events up to three times."""
    reached: bool = False
    """A listener of ours has it: what goes wrong from now on is our own fault."""
    counter: str = ""
    after: list[Work] = msgspec.field(default_factory=list)
