"""A policy is validated whole: each mistake by its key, all of them at once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bot.core.policy import (
    ApprovalRule,
    Caps,
    ClassRule,
    RingRule,
    WindowRule,
    minutes_of,
    parse_policy,
    zone_of,
)
from tests.builders import class_rules, policy, ring_rules, rules


def raw(**changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(policy(**changes))
    return plain


def mistakes(**changes: Any) -> tuple[str, ...]:
    return parse_policy(raw(**changes))[1]


def ring(**changes: Any) -> RingRule:
    return msgspec.structs.replace(RingRule(name="canary", count=1), **changes)


def only(name: str, **changes: int) -> dict[str, ClassRule]:
    entry = msgspec.structs.replace(class_rules()[name], **changes)
    return class_rules() | {name: entry}


LAST = RingRule(name="rest")
ROWS: list[tuple[str, dict[str, Any]]] = [
    ("approvals.quorum: ", {"approvals": rules(quorum=0)}),
    ("approvals.expiry_seconds: ", {"approvals": rules(expiry_seconds=59)}),
    ("server_approvals.reminder_seconds: ", {"server_approvals": rules(reminder_seconds=-1)}),
    ("rings: ", {"rings": ()}),
    ("rings: ", {"rings": ring_rules(10)}),
    ("rings[1].promotion: ", {"rings": (ring(promotion="maybe"), LAST)}),
    ("rings[1].soak_seconds: ", {"rings": (ring(soak_seconds=-1), LAST)}),
    ("rings[1]: ", {"rings": (ring(count=0), LAST)}),
    ("rings[2]: ", {"rings": (ring(), ring(share_pm=500))}),
    ("windows[1].start: ", {"windows": (WindowRule(start="24:00"),)}),
    ("windows[1].end: ", {"windows": (WindowRule(end="4"),)}),
    ("windows[1].days: ", {"windows": (WindowRule(days=(7,)),)}),
    ("windows[1].days: ", {"windows": (WindowRule(days=()),)}),
    ("classes.server: missing", {"classes": {k: v for k, v in class_rules().items() if k != "server"}}),
    ("classes.toaster: unknown", {"classes": class_rules() | {"toaster": class_rules()["server"]}}),
    ("classes.laptop.p0_pm: ", {"classes": only("laptop", p0_pm=501)}),
    ("classes.laptop.silent_after_seconds: ", {"classes": only("laptop", silent_after_seconds=59)}),
    ("zone: ", {"zone": "Europe/Atlantis"}),
    ("caps.concurrent: ", {"caps": Caps(concurrent=0)}),
    ("caps.concurrent: ", {"caps": Caps(concurrent=201)}),
    ("exploited_rollback: ", {"exploited_rollback": "perhaps"}),
    ("observe_every_seconds: ", {"observe_every_seconds": 4}),
    ("install_deadline_seconds: ", {"install_deadline_seconds": 59}),
    ("max_silent_pm: ", {"max_silent_pm": 1001}),
    ("default_level: ", {"default_level": "L1"}),
]


def test_a_sound_policy_passes_as_it_is() -> None:
    assert parse_policy(raw()) == (policy(), ())
    assert zone_of(policy()).key == "Europe/Berlin"


@pytest.mark.parametrize(("key", "changes"), ROWS)
def test_a_mistake_is_named_by_its_key_and_alone(key: str, changes: dict[str, Any]) -> None:
    found = mistakes(**changes)
    assert len(found) == 1
    assert found[0].startswith(key)


def test_all_mistakes_are_listed_at_once() -> None:
    found = mistakes(zone="Nowhere", max_silent_pm=-1, approvals=ApprovalRule(roles=("x",), quorum=0))
    assert [mistake.split(":")[0] for mistake in found] == ["approvals.quorum", "zone", "max_silent_pm"]


def test_wrong_types_missing_and_unknown_keys_are_all_listed_too() -> None:
    wild = raw() | {"zone": 5, "colour": "red", "caps": {"concurrent": "ten"}}
    del wild["windows"]
    wild["approvals"]["quorum"] = "two"
    parsed, found = parse_policy(wild)
    assert parsed is None
    assert [mistake.split(":")[0] for mistake in found] == [
        "colour",
        "zone",
        "approvals.quorum",
        "windows",
        "caps.concurrent",
    ]


@pytest.mark.parametrize("wild", [None, [], "policy", 7])
def test_what_is_no_policy_at_all_is_one_mistake(wild: Any) -> None:
    parsed, found = parse_policy(wild)
    assert parsed is None
    assert len(found) == 1


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("00:00", 0), ("22:30", 1350), ("7:05", 425), ("23:59", 1439)]
    + [
        (bad, None)
        for bad in ("24:00", "12:60", "12:5", "12", ":30", "-1:30", "²2:30", "0022:30", "", "ab:cd")
    ],
)
def test_a_time_of_day_is_read_or_is_none(text: str, minutes: int | None) -> None:
    assert minutes_of(text) == minutes
