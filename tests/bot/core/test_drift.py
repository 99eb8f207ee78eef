"""Void by a named rule: what is not material holds, what is does not, and before and after are said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.actions import Approval, DeviceClass, DeviceSnapshot
from bot.core.advisor import LIKELY_EPSS_PPM
from bot.core.drift import RULES, Drift, Knowledge, drift, flaws_closed, untouched
from bot.core.factors import CRITICAL_CVSS_TENTHS
from bot.core.intel import Flaw
from bot.core.offers import Evidence, Offer
from bot.core.policy import WindowRule
from bot.core.resolve import DeviceNeed
from bot.core.rollout.state import DeviceState, Ring, Rollout, RolloutStatus
from bot.core.tenants import Mode
from tests.builders import KB, NOW, many, offer, policy, target, waiting

NEWER = "5050001"
OTHER = "5077777"
CVE = "CVE-2026-90001"
TEN = many(10)
STANDARD = (Evidence(id="advisor:plan", value="standard"),)
SUNDAY_ONLY = (WindowRule(days=(6,), start="10:00", end="11:00"),)


def plan(devices: tuple[str, ...] = TEN, **changes: Any) -> Offer:
    return offer(devices[:1], devices[1:], **({"evidence": STANDARD} | changes))


def seen(device: str, *extra: str, **changes: Any) -> DeviceSnapshot:
    """A device as it was when it was planned; `extra` are KBs that the RMM approved since."""
    plain = DeviceSnapshot(
        device_id=device,
        organisation_id="o1",
        name=device.upper(),
        device_class=DeviceClass.WORKSTATION,
        role="office",
        os_name="Windows 11",
        os_build="26100",
        site="hq",
        online=True,
        pending=(waiting(), *(waiting(kb, Approval.APPROVED) for kb in extra)),
    )
    return msgspec.structs.replace(plain, **changes)


def need(device: str, kb: str = KB) -> DeviceNeed:
    return DeviceNeed(device_id=device, kb=kb, cves=(CVE,))


def known(devices: tuple[DeviceSnapshot, ...] | None = None, **changes: Any) -> Knowledge:
    """Everything is as it was when it was asked."""
    listed = tuple(seen(device) for device in TEN) if devices is None else devices
    plain = Knowledge(
        at=NOW + timedelta(hours=1),
        devices={device.device_id: device for device in listed},
        read=frozenset({"o1"}),
        mapped=frozenset({"o1"}),
        needs={device: need(device) for device in TEN},
        flaws=(Flaw(cve=CVE),),
        policy=policy(),
        mode=Mode.LIVE,
    )
    return msgspec.structs.replace(plain, **changes)


def changed(count: int, *extra: str, **changes: Any) -> tuple[DeviceSnapshot, ...]:
    """So many of the ten devices differ."""
    return tuple(
        seen(device, *extra, **changes) if number < count else seen(device)
        for number, device in enumerate(TEN)
    )


def resolved(count: int, kb: str = NEWER) -> dict[str, DeviceNeed]:
    return {device: need(device, kb if number < count else KB) for number, device in enumerate(TEN)}


HOLDS: dict[str, Knowledge] = {
    "nothing changed": known(),
    "two of ten devices are gone": known(tuple(seen(device) for device in TEN[2:])),
    "all devices are gone, and nobody read": known((), read=frozenset()),
    "two of ten get another KB": known(needs=resolved(2)),
    "nobody can tell what the update means now": known(needs={}),
    "two of ten have another approved set": known(changed(2, OTHER)),
    "five of ten have it already": known(changed(5, OTHER, installed=(KB,))),
    "a flaw became likelier inside its band": known(flaws=(Flaw(cve=CVE, cvss_tenths=89, epss_ppm=900_000),)),
    "nothing is known of its flaws": known(flaws=()),
    "its window moved": known(policy=policy(windows=SUNDAY_ONLY)),
    "it has begun and the client left live mode": known(mode=Mode.SHADOW, begun=True),
}


@pytest.mark.parametrize("name", HOLDS)
def test_an_offer_holds_while(name: str) -> None:
    assert drift(plan(), HOLDS[name]) is None


VOID: dict[str, tuple[Offer, Knowledge, Drift]] = {
    "three of ten devices are gone": (
        plan(),
        known(tuple(seen(device) for device in TEN[3:])),
        Drift(
            rule="targets-gone",
            difference="It was asked for 10 devices; not there any more: 3 (D00, D01, D02).",
        ),
    ),
    "its organisation was given to another client": (
        plan(),
        known((), read=frozenset(), mapped=frozenset({"o2"}), needs={}),
        Drift(
            rule="targets-gone",
            difference="It was asked for 10 devices; not there any more: 10 (D00, D01, D02 and 7 more).",
        ),
    ),
    "three of ten get a newer KB": (
        plan(),
        known(needs=resolved(3)),
        Drift(
            rule="superseded",
            difference=f"KB{KB} was planned, now it is KB{NEWER} (on 3 of 10 devices).",
        ),
    ),
    "the RMM approved another patch on three of ten": (
        plan(),
        known(changed(3, OTHER)),
        Drift(
            rule="other-set",
            difference="Since it was asked the RMM's approvals changed on 3 of 10 devices "
            f"(newly approved: KB{OTHER}).",
        ),
    ),
    "the RMM took back what it had approved": (
        offer(
            evidence=STANDARD,
            targets=tuple(target(device, int(device != TEN[0]), approved_set=(OTHER,)) for device in TEN),
        ),
        known(),
        Drift(
            rule="other-set",
            difference="Since it was asked the RMM's approvals changed on 10 of 10 devices "
            f"(no longer approved: KB{OTHER}).",
        ),
    ),
    "a flaw of it is being exploited": (
        plan(),
        known(flaws=(Flaw(cve=CVE, exploited=True),)),
        Drift(
            rule="evidence-worse",
            difference=f"When it was asked no flaw of it was known to be exploited; now {CVE} is.",
        ),
    ),
    "a flaw of it became critical and likely": (
        plan(),
        known(flaws=(Flaw(cve=CVE, cvss_tenths=90, epss_ppm=100_000),)),
        Drift(
            rule="evidence-worse",
            difference=f"When it was asked no flaw of it was both critical and likely; now {CVE} is.",
        ),
    ),
    "no window opens in time": (
        plan(not_after=NOW + timedelta(days=3)),
        known(policy=policy(windows=SUNDAY_ONLY)),
        Drift(
            rule="schedule-impossible",
            difference="It was to start Mon 16 Nov 21:00; now no window opens before the approval would end, "
            "Thu 19 Nov 21:00.",
        ),
    ),
    "the client left live mode": (
        plan(),
        known(mode=Mode.SHADOW),
        Drift(
            rule="client-not-live",
            difference="When it was asked the client was live; now it is in shadow mode "
            "and nothing is carried out.",
        ),
    ),
}


@pytest.mark.parametrize("name", VOID)
def test_an_offer_is_void_when(name: str) -> None:
    asked, now, expected = VOID[name]

    assert drift(asked, now) == expected


def test_every_rule_has_a_case_that_voids() -> None:
    assert {expected.rule for _, _, expected in VOID.values()} == {name for name, _ in RULES}


def test_a_difference_fits_on_the_card() -> None:
    assert all(len(expected.difference) <= 200 for _, _, expected in VOID.values())


def test_the_first_rule_that_holds_is_told() -> None:
    now = known(changed(9, OTHER), needs=resolved(9), mode=Mode.SHADOW)

    found = drift(plan(), now)

    assert found is not None
    assert found.rule == "superseded"


def test_the_one_server_whose_update_was_replaced_is_enough() -> None:
    """Evidence and pools are per KB: the only device of a KB is all of it."""
    targets = (*plan().targets[1:], target("srv", 0, "server", kb="5099904"))
    now = known((*(seen(device) for device in TEN[1:]), seen("srv", pending=())))
    moved = msgspec.structs.replace(now, needs=dict(now.needs) | {"srv": need("srv", NEWER)})

    found = drift(plan(targets=targets), moved)

    assert found is not None
    assert "on 1 of 1 device)" in found.difference


def test_a_second_exploited_flaw_crosses_no_band() -> None:
    two = tuple(Flaw(cve=f"CVE-2026-{number}", exploited=True) for number in (1001, 1002))

    assert drift(plan(exploited=True), known(flaws=two)) is None


@pytest.mark.parametrize("planned", ["critical", "legacy", ""])
def test_what_was_urgent_or_is_not_known_to_have_been_calm_is_not_void_for_urgency(planned: str) -> None:
    evidence = (Evidence(id="advisor:plan", value=planned),) if planned else ()
    likely = Flaw(cve=CVE, cvss_tenths=98, epss_ppm=900_000)

    assert drift(plan(evidence=evidence), known(flaws=(likely,))) is None


def test_an_approval_that_is_over_is_not_void_but_over() -> None:
    over = known(changed(10, OTHER), at=plan().not_after, mode=Mode.READ_ONLY)

    assert drift(plan(), over) is None


def test_flaws_of_devices_that_get_something_else_are_not_flaws_of_the_plan() -> None:
    stranger = DeviceNeed(device_id=TEN[0], kb=NEWER, cves=("CVE-2026-1",))

    assert flaws_closed(plan(), {TEN[0]: stranger, TEN[1]: need(TEN[1])}) == [CVE]


flaw = st.builds(
    Flaw,
    cve=st.sampled_from([f"CVE-2026-{number}" for number in range(1000, 1004)]),
    cvss_tenths=st.none() | st.integers(0, 100),
    epss_ppm=st.none() | st.integers(0, 1_000_000),
    exploited=st.booleans(),
)


@given(st.lists(flaw, max_size=4, unique_by=lambda one: one.cve), st.data())
def test_evidence_that_did_not_get_worse_never_voids(before: list[Flaw], data: st.DataObject) -> None:
    exploited = any(one.exploited for one in before)
    urgent = exploited or any(_critical_and_likely(one) for one in before)
    evidence = (Evidence(id="advisor:plan", value="critical" if urgent else "standard"),)
    asked = plan(exploited=exploited, evidence=evidence)

    better = tuple(data.draw(_no_worse(one)) for one in before if data.draw(st.booleans()))

    assert drift(asked, known(flaws=better)) is None


def _critical_and_likely(one: Flaw) -> bool:
    return (one.cvss_tenths or 0) >= CRITICAL_CVSS_TENTHS and (one.epss_ppm or 0) >= LIKELY_EPSS_PPM


def _no_worse(one: Flaw) -> st.SearchStrategy[Flaw]:
    return st.builds(
        Flaw,
        cve=st.just(one.cve),
        cvss_tenths=st.none() | st.integers(0, one.cvss_tenths or 0),
        epss_ppm=st.none() | st.integers(0, one.epss_ppm or 0),
        exploited=st.booleans() if one.exploited else st.just(False),
    )


@given(st.integers(0, 10), st.integers(0, 10))
def test_a_share_voids_exactly_when_it_is_over_a_fifth(other: int, moved: int) -> None:
    found = drift(plan(), known(changed(other, OTHER), needs=resolved(moved)))

    assert (found is not None) == (other > 2 or moved > 2)


@pytest.mark.parametrize("state", list(DeviceState))
def test_a_rollout_is_untouched_until_something_of_ours_happened_on_a_device(state: DeviceState) -> None:
    quiet = {"planned", "preflight", "held", "blocked", "already-installed"}

    assert untouched(_rollout({state.value: 1})) == (state.value in quiet)


@pytest.mark.parametrize("status", list(RolloutStatus))
def test_what_has_ended_or_is_taken_back_is_not_called_off_any_more(status: RolloutStatus) -> None:
    rollout = msgspec.structs.replace(_rollout({"planned": 1}), status=status)

    assert untouched(rollout) == (status.value in {"awaiting-approval", "scheduled", "running", "paused"})


def _rollout(counts: dict[str, int]) -> Rollout:
    made = offer(("d1",))
    return Rollout(
        id="r1",
        code="7K2",
        offer=made,
        offer_digest=made.digest(),
        approvers=(),
        planned_at=NOW,
        rings=(Ring(counts=counts),),
    )
