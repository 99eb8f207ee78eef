"""Random narrowings of an offer: most of them may be, some may not."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from bot.core.narrowing import Narrowing
from bot.core.narrowing_choices import later_starts
from bot.core.offers import Offer


@st.composite
def narrowings(draw: st.DrawFn, offer: Offer) -> Narrowing:
    """Some rings, some devices, perhaps a later start; now and then what this plan does not have."""
    devices = [target.device_id for target in offer.targets]
    starts = later_starts(offer, offer.starts_at)
    odd = (offer.starts_at + timedelta(hours=draw(st.integers(-3, 300))),)
    return Narrowing(
        rings=draw(st.integers(0, len(offer.rings))),
        without=tuple(draw(st.lists(st.sampled_from(devices), unique=True, max_size=4))),
        not_before=draw(st.sampled_from((None, None, *starts, *odd))),
    )
