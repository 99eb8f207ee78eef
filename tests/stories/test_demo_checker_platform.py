"""The checker names each promise about the people's platform that is broken, and nothing where none is."""

from __future__ import annotations

import pytest

from bot.cli.story.checker import check
from bot.cli.story.platform import CopySeen, Delivery, PlatformView, Received
from bot.cli.story.plot import Plot
from tests.stories.demo_ledgers import Told, contoso, fleet, house

GOOD = Delivery(what="Sam pressing Approve", status=200, seconds=0.02)


def found(view: PlatformView, *others: Told, proof: str = "slack-signature") -> list[str]:
    """The breaches that the checker names."""
    told = contoso()
    for fact in told.facts:
        fact.actor["proof"] = proof
    ledgers = {one.tenant: one.view() for one in (house(), told, *others)}
    return [finding.breach for finding in check(Plot(), ledgers, fleet(), platform=view).findings]


def view(
    *,
    deliveries: tuple[Delivery, ...] = (GOOD,),
    received: tuple[Received, ...] = (),
    copies: tuple[CopySeen, ...] = (),
    broken: tuple[str, ...] = (),
) -> PlatformView:
    return PlatformView(
        surface="slack",
        proof="slack-signature",
        deliveries=deliveries,
        received=received,
        copies=copies,
        broken=broken,
    )


def test_a_platform_where_all_went_well_has_no_finding() -> None:
    own = Received(place="contoso", tenant="contoso", text="Approve? Contoso")
    several = Received(place="dm", text="2 wait for you: Contoso, Fabrikam")
    same = CopySeen(card="gate:g1", place="contoso", wanted="Approved", shown="Approved")
    assert found(view(received=(own, several), copies=(same,))) == []


def test_a_vote_that_nobody_signed_is_named() -> None:
    assert found(view(), proof="console-switcher") == ["platform"]


@pytest.mark.parametrize(
    "delivery",
    [
        pytest.param(Delivery(what="a press", status=500, seconds=0.1), id="an error"),
        pytest.param(Delivery(what="a press", status=0, seconds=0.1), id="no answer"),
        pytest.param(Delivery(what="a press", status=200, seconds=3.1), id="too late"),
        pytest.param(Delivery(what="a press", status=200, seconds=0.1, problem="no card"), id="unusable"),
    ],
)
def test_a_press_without_a_good_answer_in_time_is_named(delivery: Delivery) -> None:
    assert found(view(deliveries=(delivery,))) == ["platform"]


def test_a_foreign_clients_name_in_a_clients_channel_is_named() -> None:
    foreign = Received(place="contoso", tenant="contoso", text="FABRIKAM-PC001 failed")
    assert found(view(received=(foreign,)), Told("fabrikam")) == ["privacy"]


def test_a_copy_that_does_not_show_what_is_committed_is_named() -> None:
    old = CopySeen(card="gate:g1", place="contoso", wanted="Approved", shown="Approve? [Approve]")
    assert found(view(copies=(old,))) == ["platform"]


def test_a_rule_of_the_platform_that_was_not_kept_is_named() -> None:
    assert found(view(broken=("chat.postMessage was refused: msg_too_long",))) == ["platform"]
