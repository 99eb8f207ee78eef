"""What the advisor says of devices that another rollout holds, and when a client goes live."""

from __future__ import annotations

import msgspec
import pytest

from bot.core import tenants
from bot.core.errors import Refused
from bot.core.rollout.messages import RolloutPlanned
from bot.core.tenants import Mode
from handlers.intake import already_asked, assess
from store.memory import MemoryStore
from tests.handlers.ledger_story import CLIENT, CVE, KB, Books, Story, _snapshot, as_person


@pytest.fixture
def story() -> Story:
    """A client that is live."""
    made = Story(MemoryStore())
    made.set_up()
    return made


def test_what_was_only_shown_is_asked_once_the_client_is_live(story: Story) -> None:
    story.tell(tenants.SetMode(mode=Mode.SHADOW), as_person("dana"))
    shown = assess(story.office, CLIENT, f"KB{KB}", Books(), (_snapshot("d1"),), trigger="fleet read")
    assert not shown.of(RolloutPlanned)
    assert already_asked(story.office, CLIENT, f"KB{KB}")

    story.tell(tenants.SetMode(mode=Mode.LIVE), as_person("dana"))

    assert not already_asked(story.office, CLIENT, f"KB{KB}")
    assert story.status(story.recommend("d1")) == "awaiting-approval"
    assert already_asked(story.office, CLIENT, f"KB{KB}")


def test_a_refusal_for_the_devices_left_over_says_where_the_others_are(story: Story) -> None:
    story.recommend("d1", "d2")
    full = msgspec.structs.replace(_snapshot("d3"), disk_free_mb=100)

    with pytest.raises(Refused, match=r"disk: .*\. 2 more that lack it are part of"):
        assess(
            story.office,
            CLIENT,
            CVE,
            Books(),
            (_snapshot("d1"), _snapshot("d2"), full),
            trigger="asked by sam",
            requester=story.standing("sam"),
            proof="console-token",
        )
