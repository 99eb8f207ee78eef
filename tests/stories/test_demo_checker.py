"""The checker finds each broken promise in a small record, and nothing in one where none is broken."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.cli.story.case import cases
from bot.cli.story.checker import check
from bot.cli.story.narrowed import left_of, name_of
from bot.cli.story.plot import Plot
from bot.cli.story.record import FleetView, Job, LedgerView
from bot.cli.story.safety import is_of
from bot.core.narrowing import Narrowing, narrowed
from bot.core.value import canonical
from cards import sample
from tests.stories.demo_ledgers import Told, contoso, effect, fleet, house, intend, offer, second
from tests.stories.demo_runs import ROOT


def found(told: Told, truth: FleetView | None = None, *others: Told) -> list[str]:
    """The breaches that the checker names."""
    ledgers = {one.tenant: one.view() for one in (house(), told, *others)}
    return [finding.breach for finding in check(Plot(), ledgers, truth or fleet()).findings]


@pytest.mark.parametrize("part", ["checker", "case", "narrowed", "platform", "plot", "record", "safety"])
def test_the_checker_shares_no_code_with_what_it_checks(part: str) -> None:
    source = (ROOT / "bot" / "cli" / "story" / f"{part}.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    own = {name for name in named if name.startswith(("bot.", "handlers", "cards"))}
    assert {name for name in own if not name.startswith("bot.cli.story")} == set()


def test_a_sound_record_has_no_finding() -> None:
    assert found(contoso()) == []


def _install(device: str, minute: int) -> Job:
    return Job(
        kind="install", key=f"r1:{device}:1:install", kb="5000001", device=device, asked_s=second(minute)
    )


@pytest.mark.parametrize(
    ("breach", "truth"),
    [
        pytest.param("approval", lambda: fleet(effect("install started", 3, key="x")), id="no intent"),
        pytest.param("approval", lambda: fleet(effect("install started", 0)), id="before its intent"),
        pytest.param("approval", lambda: fleet(effect("reboot started", 3, key="")), id="nobody's restart"),
        pytest.param("plan", lambda: fleet(effect("install started", 12, device="102")), id="other device"),
        pytest.param("plan", lambda: fleet(effect("uninstall started", 12)), id="other action"),
        pytest.param(
            "plan", lambda: fleet(effect("install started", 12, organisation_id=2)), id="other client"
        ),
        pytest.param("duplicate", lambda: fleet(jobs=(_install("101", 2),)), id="twice"),
        pytest.param("outcome", lambda: fleet(installed=()), id="healthy without the update"),
    ],
)
def test_what_the_fleet_did_and_nobody_promised_is_named(breach: str, truth: Callable[[], FleetView]) -> None:
    assert breach in found(contoso(), truth())


def test_a_vote_of_somebody_not_entitled_carries_nothing() -> None:
    assert "approval" in found(contoso(voter="mia"))


def test_a_card_that_nobody_saw_carries_nothing() -> None:
    told = contoso()
    told.facts = [fact for fact in told.facts if fact.tag != "card.shown"]
    assert "approval" in found(told)


def test_an_intent_outside_the_plan_is_named() -> None:
    told = contoso()
    intend(told, "103", "r1:103:1:install", minute=2)
    assert found(told) == ["plan"]


def test_more_installs_at_once_than_the_cap_are_named() -> None:
    told = contoso()
    intend(told, "102", "r1:102:1:install", minute=2)
    other = effect("install started", 3, device="102", key="r1:102:1:install")
    assert "cap" in found(told, fleet(other))


def _of_a_part(digest: str, device: str = "101") -> Told:
    """Sam left the server out; an intent names this digest."""
    told = contoso()
    told.facts = [fact for fact in told.facts if fact.tag not in ("action.intended", "device.moved")]
    vote = next(fact for fact in told.facts if fact.tag == "gate.vote_counted")
    vote.fact["vote"]["changes"] = {"rings": 0, "without": ["102"], "not_before": None}
    intend(told, device, f"r1:{device}:1:install", minute=1, kb=f"500000{device[-1]}", digest=digest)
    return told


def _left() -> str:
    """The name of what Sam left of the offer."""
    taken = [{"rings": 0, "without": ["102"], "not_before": None}]
    return name_of(left_of(offer(asks=False), taken))


def test_an_intent_bound_to_what_was_left_is_sound() -> None:
    assert found(_of_a_part(_left())) == []


def test_an_intent_bound_to_the_whole_of_which_a_part_was_approved_is_named() -> None:
    assert "approval" in found(_of_a_part("abc"))


def test_an_intent_for_a_device_that_was_left_out_is_named() -> None:
    assert "plan" in found(_of_a_part(_left(), "102"))


def test_an_install_on_a_device_that_was_left_out_is_named() -> None:
    told = _of_a_part(_left())
    told.fact("rollout", "r1", "device.moved", 5, moves=[{"device": "102", "to": "left-out"}])
    assert "plan" in found(told, fleet(jobs=(_install("102", 6),)))


def test_a_left_offer_has_the_name_that_the_core_gives_it() -> None:
    asked = sample.offer()
    changes = Narrowing(rings=2, without=("d7",), not_before=sample.START + timedelta(days=3))
    told = json.loads(canonical(changes))
    assert name_of(left_of(json.loads(canonical(asked)), [told])) == narrowed(asked, changes).digest()


def test_an_install_sent_after_the_halt_is_named() -> None:
    told = contoso()
    told.fact("rollout", "r1", "rollout.halted", 5)
    assert found(told, fleet(jobs=(_install("102", 6),))) == ["halt"]


def test_an_install_intended_while_stopped_is_named() -> None:
    told = contoso()
    told.fact("rollout", "r1", "rollout.paused", 3, kind="operator")
    intend(told, "102", "r1:102:1:install", minute=4, kb="5000002")
    assert found(told) == ["halt"]


def test_a_ring_with_servers_never_opens_on_evidence_alone() -> None:
    told = contoso(asks=True)
    told.fact("rollout", "r1", "ring.promoted", 30, ring=0, by="evidence")
    assert found(told) == ["approval"]


def test_a_removal_that_never_was_is_named() -> None:
    told = contoso()
    told.fact("rollout", "r1", "device.moved", 40, moves=[{"device": "101", "to": "restored"}])
    assert found(told) == ["rollback"]


def test_an_update_taken_off_without_a_rollback_is_named() -> None:
    told = contoso()
    intend(told, "101", "r1:101:1:uninstall", minute=30, kind="uninstall")
    assert found(told) == ["approval"]


def test_a_client_named_in_the_record_of_another_is_named() -> None:
    told = contoso()
    told.text = " FABRIKAM-PC001"
    assert set(found(told, None, Told("fabrikam"))) == {"privacy"}


def test_a_step_without_its_entry_is_named() -> None:
    ledgers = {one.tenant: one.view() for one in (house(), contoso())}
    report = check(Plot(good="contoso"), ledgers, fleet())
    assert any("the recommendation has no entry" in finding.sentence for finding in report.findings)


def test_a_ledger_that_cannot_be_read_is_named_and_the_rest_is_still_checked() -> None:
    ledgers = {
        "house": house().view(),
        "contoso": contoso(voter="mia").view(),
        "fabrikam": LedgerView(tenant="fabrikam", unreadable="gone", key_missing=True),
    }
    report = check(Plot(), ledgers, fleet())
    assert [finding.breach for finding in report.findings] == ["key", "approval"]
    assert report.last_line().startswith("FAULT key: fabrikam is suspended: gone")


@pytest.mark.parametrize("key", ["r1:101:1:install", "contoso:r1:101:1:install"])
def test_a_rollouts_installs_are_its_own_whatever_stands_before_its_id_in_the_key(key: str) -> None:
    (case,) = cases({"contoso": contoso().view()})

    assert is_of(case, key, "101")
    assert not is_of(case, key.replace("r1", "r1-live"), "101")
    assert not is_of(case, key, "999")
