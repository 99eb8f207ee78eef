"""The advisor: points that add up, urgency that only adds, flips that are true, sentences a person can
read.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.core.actions import DeviceClass, DeviceSnapshot
from bot.core.advisor import CHANGES, Advice, AdvisedDevice, PlanType, Situation, advise
from bot.core.halt import Tally
from bot.core.intel import Flaw
from bot.core.resolve import DeviceNeed


def advised(
    device_id: str,
    kind: DeviceClass = DeviceClass.WORKSTATION,
    *,
    importance: int = 20,
    exposed: bool = False,
    build: str = "22631",
) -> AdvisedDevice:
    snapshot = DeviceSnapshot(
        device_id=device_id,
        organisation_id="1",
        name=device_id,
        device_class=kind,
        role="",
        os_name="",
        os_build=build,
        site="",
        online=True,
    )
    return AdvisedDevice(snapshot=snapshot, importance=importance, exposed=exposed)


def situation(
    *flaws: Flaw, devices: tuple[AdvisedDevice, ...] = (advised("a"), advised("b")), **more: Any
) -> Situation:
    needs = tuple(
        DeviceNeed(device_id=one.snapshot.device_id, kb="5099901", cves=("CVE-2026-90001",))
        for one in devices
    )
    return Situation(
        update_id="2026-11",
        as_of=date(2026, 11, 16),
        flaws=flaws,
        needs=needs,
        devices=devices,
        released=date(2026, 11, 10),
        **more,
    )


def flaw(**known: Any) -> Flaw:
    return Flaw(cve="CVE-2026-90001", **known)


days = st.dates(date(2026, 10, 1), date(2027, 2, 1))
flaws = st.builds(
    Flaw,
    cve=st.sampled_from(("CVE-2026-90001", "CVE-2026-90002", "CVE-2026-90003")),
    cvss_tenths=st.none() | st.integers(0, 100),
    exploited=st.booleans(),
    due=st.none() | days,
    ransomware=st.booleans(),
    epss_ppm=st.none() | st.integers(0, 1_000_000),
)
devices = st.builds(
    advised,
    st.sampled_from("abcdef"),
    st.sampled_from(DeviceClass),
    importance=st.integers(0, 100),
    exposed=st.booleans(),
    build=st.sampled_from(("22631", "9600")),
)
tallies = st.tuples(st.integers(0, 300), st.integers(0, 300)).map(
    lambda pair: Tally(failures=min(pair), finished=max(pair))
)
situations = st.builds(
    lambda found, fleet, history, deadline, released, hours, due, legacy: replace(
        situation(*found, devices=tuple({one.snapshot.device_id: one for one in fleet}.values())),
        history=history,
        deadline=deadline,
        released=released,
        window_open_in_hours=hours,
        maintenance_due=due,
        legacy_builds=legacy,
    ),
    st.lists(flaws, max_size=4),
    st.lists(devices, max_size=5),
    st.dictionaries(st.sampled_from([kind.value for kind in DeviceClass]), tallies),
    st.none() | days,
    st.none() | days,
    st.none() | st.integers(-5, 400),
    st.booleans(),
    st.sampled_from(((), (9600,))),
)


def with_flaw(given_situation: Situation, index: int, **change: Any) -> Situation:
    changed = list(given_situation.flaws)
    changed[index] = replace(changed[index], **change)
    return replace(given_situation, flaws=tuple(changed))


def holds_floats(value: Any) -> bool:
    if isinstance(value, dict):
        return any(holds_floats(one) for one in value.values())
    if isinstance(value, list | tuple):
        return any(holds_floats(one) for one in value)
    return isinstance(value, float)


@given(now=situations)
def test_the_points_add_up_to_the_score_and_stay_in_their_bounds(now: Situation) -> None:
    advice = advise(now)

    assert [factor.name for factor in advice.factors] == [
        "patch criticality",
        "system importance",
        "business operations",
        "historical success",
    ]
    assert advice.score == sum(factor.points for factor in advice.factors)
    assert sum(factor.of for factor in advice.factors) == 100
    for factor in advice.factors:
        assert factor.points == sum(part.points for part in factor.parts)
        assert all(0 <= part.points <= part.of for part in factor.parts)
    assert 0 <= advice.confidence_pm <= 1000


@given(now=situations)
def test_the_same_situation_gives_the_same_advice_without_floats(now: Situation) -> None:
    advice = advise(now)
    wire = msgspec.json.encode(advice)

    assert advise(now) == advice == msgspec.json.decode(wire, type=Advice)
    assert not holds_floats(msgspec.to_builtins(advice))


@given(now=situations.filter(lambda one: bool(one.flaws)), data=st.data())
def test_more_danger_never_lowers_the_score(now: Situation, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(now.flaws) - 1))
    one, score = now.flaws[index], advise(now).score
    worse = [
        with_flaw(now, index, exploited=True),
        with_flaw(now, index, exploited=True, due=data.draw(days) if one.due is None else one.due),
        with_flaw(now, index, ransomware=True),
        with_flaw(now, index, cvss_tenths=data.draw(st.integers(one.cvss_tenths or 50, 100))),
        with_flaw(now, index, epss_ppm=data.draw(st.integers(one.epss_ppm or 0, 1_000_000))),
        replace(now, flaws=(*now.flaws, data.draw(flaws))),
    ]

    assert [advise(other).score >= score for other in worse] == [True] * len(worse)


@given(now=situations.filter(lambda one: bool(one.devices)), data=st.data())
def test_exposure_never_lowers_the_score(now: Situation, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(now.devices) - 1))
    exposed = tuple(
        replace(one, exposed=True) if place == index else one for place, one in enumerate(now.devices)
    )

    assert advise(replace(now, devices=exposed)).score >= advise(now).score


@given(now=situations)
def test_every_flip_really_flips_and_every_other_change_does_not(now: Situation) -> None:
    advice = advise(now)
    named = {flip.changed: flip for flip in advice.flips}

    for name, (_, change) in CHANGES.items():
        other = advise(change(now)).plan
        assert (other is not advice.plan) == (name in named)
        if name in named:
            assert (named[name].from_plan, named[name].to_plan) == (advice.plan, other)


EXPLOITED = flaw(cvss_tenths=78, exploited=True, epss_ppm=612_700)
HISTORY = {"workstation": Tally(failures=1, finished=312)}


@pytest.mark.parametrize(
    ("now", "plan"),
    [
        (situation(EXPLOITED), PlanType.CRITICAL),
        (situation(flaw(cvss_tenths=98, epss_ppm=200_000)), PlanType.CRITICAL),
        (situation(flaw(cvss_tenths=98, epss_ppm=99_999)), PlanType.STANDARD),
        (situation(flaw(cvss_tenths=98), devices=(advised("a", exposed=True),)), PlanType.CRITICAL),
        (situation(flaw(cvss_tenths=89, epss_ppm=900_000)), PlanType.STANDARD),
        (situation(flaw()), PlanType.STANDARD),
        (situation(), PlanType.STANDARD),
        (situation(flaw(), devices=(advised("a", build="9600"),), legacy_builds=(9600,)), PlanType.LEGACY),
        (situation(EXPLOITED, devices=(advised("a", build="9600"),), legacy_builds=(9600,)), PlanType.LEGACY),
        (
            situation(EXPLOITED, devices=(advised("a", build="9600"), advised("b")), legacy_builds=(9600,)),
            PlanType.LEGACY,
        ),
        (
            situation(
                EXPLOITED,
                devices=(advised("a", build="9600"), advised("b"), advised("c")),
                legacy_builds=(9600,),
            ),
            PlanType.CRITICAL,
        ),
    ],
)
def test_the_plan_follows_the_table(now: Situation, plan: PlanType) -> None:
    assert advise(now).plan is plan


def test_the_sentences_are_plain_words() -> None:
    other = Flaw(cve="CVE-2026-90002", cvss_tenths=98)
    devices_ = (*(advised(f"p{n}") for n in range(84)), advised("s", DeviceClass.SERVER, exposed=True))
    advice = advise(situation(EXPLOITED, other, devices=devices_, history=HISTORY, window_open_in_hours=6))

    assert [factor.sentence for factor in advice.factors] == [
        "1 of 2 flaws is being exploited. Worst known severity 9.8. Chance of exploitation in 30 days: 61 %.",
        "84 PCs, 1 server; 1 reachable from outside.",
        "14-day deadline 24 Nov, 8 days left. The next window opens in 6 h.",
        "No history for servers: up to 2.1 % may fail by assumption. 311 of 312 PCs went well: "
        "up to 1.3 % may fail.",
    ]
    assert advice.deadline == date(2026, 11, 24)
    assert advice.confidence_sentence == (
        "Middling confidence: 1 of 2 flaws without an EPSS score; a class has no history."
    )


def test_a_critical_flaw_and_a_likely_one_are_not_a_likely_critical_one() -> None:
    likely = Flaw(cve="CVE-2026-90002", cvss_tenths=50, epss_ppm=900_000)

    assert advise(situation(flaw(cvss_tenths=98), likely)).plan is PlanType.STANDARD


def test_an_unknown_severity_counts_as_the_stated_middle() -> None:
    unknown, middle = advise(situation(flaw())), advise(situation(flaw(cvss_tenths=50)))

    assert unknown.score == middle.score
    assert "1 without a severity score, counted as 5.0" in unknown.factors[0].sentence
    assert unknown.confidence_pm < middle.confidence_pm


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (situation(flaw(cvss_tenths=70)), "No deadline."),
        (situation(flaw(cvss_tenths=90)), "14-day deadline 24 Nov, 8 days left."),
        (
            situation(flaw(exploited=True, due=date(2026, 11, 17))),
            "CISA deadline 17 Nov, 1 day left.",
        ),
        (situation(flaw(), deadline=date(2026, 11, 14)), "Agreed deadline 14 Nov, 2 days overdue."),
    ],
)
def test_the_earliest_deadline_counts_and_names_its_source(now: Situation, words: str) -> None:
    assert advise(now).factors[2].sentence.startswith(words)


def test_a_flip_reads_as_a_sentence() -> None:
    [first, *_] = advise(situation(EXPLOITED)).flips

    assert first.sentence == "If none of its flaws were being exploited: standard instead of critical."


def test_an_update_that_nobody_needs_says_so() -> None:
    advice = advise(situation(EXPLOITED, devices=()))

    assert advice.factors[1].sentence == "No device needs this update."
    assert "no device needs it" in advice.confidence_sentence
