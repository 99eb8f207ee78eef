"""Whatever happens in whatever order: the tables are what the ledger says, to the last version number.

The engine works on a part of a rollout's rows and keeps what changed; replay works on all of them. This holds
the two together.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.actions import Accepted, Declined, JobResult
from bot.core.errors import Refused
from bot.core.rollout import messages as rollouts
from handlers.hands import load_rollout
from handlers.replay import check
from store.memory import MemoryStore
from tests.builders import waiting
from tests.handlers.ledger_story import CLIENT, CONNECTOR, KB, Story, as_person, reading

DEVICES: Final = ("d1", "d2", "d3", "d4", "d5")
PEOPLE: Final = ("dana", "sam", "mia")
READINGS: Final = ("lacks it", "has it", "failed", "unhealthy", "off", "gone")
COMMON: Final = ("wait", "all: lacks it", "all: has it", "all: lacks it", "all: has it", "vote")
"""What days are made of; without it hardly a device would ever get its update."""
RARE: Final = ("read", "read", "settle", "stop", "resume", "abort", "roll back", "cap", "all: failed")

step = st.tuples(
    st.one_of(*[st.sampled_from(COMMON)] * 3, st.sampled_from(RARE)),
    st.lists(st.tuples(st.sampled_from(DEVICES), st.sampled_from(READINGS)), max_size=5),
    st.sampled_from(PEOPLE),
    st.booleans(),
)


def told(story: Story, rollout: str, device: str, what: str) -> Any:
    """One device's reading in its plainest form."""
    now = story.clock.now()
    key = story.run(rollout, device).key
    job = JobResult(key=key, finished_at=now, exit_code=1603 if what == "failed" else 0)
    lacks: dict[str, Any] = {"pending": (waiting(KB),), "jobs": (job,) if key else ()}
    changes: dict[str, Any] = {
        "lacks it": lacks,
        "failed": lacks,
        "has it": {"installed": (KB,), "jobs": (job,)},
        "unhealthy": {"installed": (KB,), "healthy": False},
        "off": {**lacks, "online": False},
        "gone": {},
    }[what]
    return reading(device, story, **changes)


def carry(story: Story, rollout: str, name: str, devices: list[tuple[str, str]], who: str, yes: bool) -> None:
    """One step; a refusal is an answer like any other."""
    if name.startswith("all: "):
        name, devices = "read", [(device, name.removeprefix("all: ")) for device in DEVICES]
    match name:
        case "read":
            missing = tuple(device for device, what in devices if what == "gone")
            reports = tuple(told(story, rollout, d, what) for d, what in devices if what != "gone")
            message = rollouts.ReportDevices(
                rollout=rollout, reports=reports, read_at=story.clock.now(), missing=missing
            )
            story.tell(message, CONNECTOR)
        case "vote":
            with story.store.read(CLIENT) as uow:
                known, _ = load_rollout(uow, rollout)
            if known is not None and known.gate:
                story.vote(rollout, who, "approve" if yes else "reject")
        case "settle":
            for device, _ in devices:
                outcome = Accepted() if yes else Declined(why="no")
                key = story.run(rollout, device).key
                settled = rollouts.SettleAction(rollout=rollout, device=device, key=key, outcome=outcome)
                story.tell(settled, CONNECTOR)
        case "wait":
            story.wait(seconds=600 * (len(devices) + 1))
        case _:
            story.tell(steering(story, rollout, name, devices, who), as_person(who))


def steering(story: Story, rollout: str, name: str, devices: list[tuple[str, str]], who: str) -> Any:
    standing = story.standing(who)
    match name:
        case "stop":
            return rollouts.StopRollout(rollout=rollout, standing=standing)
        case "resume":
            return rollouts.ResumeRollout(rollout=rollout, standing=standing)
        case "abort":
            return rollouts.AbortRollout(rollout=rollout, standing=standing)
        case "roll back":
            return rollouts.RollBack(rollout=rollout, standing=standing)
        case _:
            device = devices[0][0] if devices else DEVICES[0]
            key = story.run(rollout, device).key
            return rollouts.HitCap(rollout=rollout, cap="hour", device=device, key=key, text="cap")


@settings(max_examples=60, deadline=None)
@given(start=st.sampled_from((True, True, True, False)), steps=st.lists(step, min_size=8, max_size=30))
def test_tables_and_ledger_agree_after_any_order_of_events(start: bool, steps: list[Any]) -> None:
    story = Story(MemoryStore())
    story.set_up()
    rollout = story.recommend(*DEVICES)
    if start:
        story.vote(rollout, "dana")
        story.wait(seconds=1)
    for name, devices, who, yes in steps:
        with suppress(Refused):
            carry(story, rollout, name, devices, who, yes)

    empty = MemoryStore()
    empty.create(CLIENT)
    with story.store.read(CLIENT) as kept, empty.begin(CLIENT) as folded:
        assert [each.sentence for each in check(kept, folded).differences] == []
