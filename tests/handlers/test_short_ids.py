"""Short ids: given back when nothing was opened, never shared by two open questions."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from bot.core.envelope import BOT
from bot.core.errors import Refused
from bot.core.ports import Aggregate
from handlers.intake import assess
from handlers.office import Office
from store.memory import MemoryStore
from tests.handlers.ledger_story import CLIENT, KB, Books, Story, _snapshot


def _office_that_picks(story: Story, letters: str) -> Office:
    """An office with few short ids to give."""
    signs = itertools.cycle(letters)
    return Office(
        store=story.store,
        now=story.clock.now,
        new_id=story.clock.new_id,
        pick=lambda _: next(signs),
        button_key=lambda tenant: b"k" * 32,
    )


def test_a_plan_that_comes_to_nothing_uses_up_no_short_id() -> None:
    story = Story(MemoryStore())
    story.set_up()
    office = _office_that_picks(story, "A2B3C4A5")
    halfway = msgspec.structs.replace(_snapshot("d1"), needs_reboot=True)

    for _ in range(20):
        with pytest.raises(Refused, match="restart is pending"):
            assess(office, CLIENT, f"KB{KB}", Books(), (halfway,), trigger="fleet read")

    assert office.frame(CLIENT, BOT).codes


def test_a_short_id_beyond_a_thousand_things_is_still_taken_after_a_restart() -> None:
    story = Story(MemoryStore())
    story.set_up()
    with story.store.begin(CLIENT) as uow:
        for number in range(1100):
            uow.put(Aggregate(kind="page", id=f"p{number:04}", version=1, status="taken", document=b"{}"))
        uow.put(Aggregate(kind="rollout", id="r1", version=1, status="running", code="A2B", document=b"{}"))
        uow.commit()

    office = _office_that_picks(story, "A2BA2BC3DE4F")

    assert "A2B" not in office.frame(CLIENT, BOT).codes
