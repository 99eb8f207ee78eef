"""A client's settings: provisioned once, changed whole, stopped by anybody on the desk."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core import tenants
from bot.core.errors import Broken, Refused
from bot.core.rollout.messages import ResumeRollout, StopRollout
from bot.core.tenants import (
    ChangePolicy,
    ClientResumed,
    ClientStopped,
    Mode,
    ModeSet,
    PolicyChanged,
    ProvisionTenant,
    ResumeClient,
    SetMode,
    StopClient,
    Tenant,
    TenantMessage,
)
from tests.builders import NOW, frame, policy, standing

NEW = ProvisionTenant(title="Contoso", policy=policy(), mode=Mode.SHADOW)


def told(tenant: Tenant | None, message: Any) -> Tenant:
    for fact in tenants.decide(tenant, message, frame()):
        tenant = tenants.evolve(tenant, fact)
    assert tenant is not None
    return tenant


def contoso() -> Tenant:
    return told(None, NEW)


def refusal(tenant: Tenant | None, message: Any) -> str:
    with pytest.raises(Refused) as no:
        tenants.decide(tenant, message, frame())
    return no.value.rule


STOP = StopClient(standing=standing(roles=("technician",)), rollouts=(), why="payroll")


def test_a_client_is_provisioned_once_with_a_sound_policy() -> None:
    assert (contoso().tenant, contoso().policy_version, contoso().mode) == ("contoso", 1, Mode.SHADOW)
    assert tenants.decide(contoso(), NEW, frame()) == []
    assert (
        refusal(None, ProvisionTenant(title="X", policy=policy(zone="Mars"), mode=Mode.LIVE)) == "bad-policy"
    )


def test_nothing_can_be_told_to_a_client_that_is_not_set_up() -> None:
    assert refusal(None, STOP) == "not-provisioned"
    with pytest.raises(Broken, match="before the tenant"):
        tenants.evolve(None, ModeSet(mode=Mode.LIVE, at=NOW))


def test_a_message_of_another_kind_is_our_own_fault() -> None:
    with pytest.raises(Broken, match="cannot be told"):
        tenants.decide(contoso(), TenantMessage(), frame())
    assert STOP.subject() == "self"


def test_each_change_of_policy_gets_the_next_number_and_no_change_gets_none() -> None:
    changed = told(contoso(), ChangePolicy(policy=policy(max_silent_pm=100)))
    assert (changed.policy_version, changed.policy.max_silent_pm) == (2, 100)
    assert tenants.decide(changed, ChangePolicy(policy=changed.policy), frame()) == []


def test_a_policy_with_mistakes_is_refused_with_all_of_them() -> None:
    with pytest.raises(Refused, match=r"zone: .*; max_silent_pm: "):
        tenants.decide(contoso(), ChangePolicy(policy=policy(zone="Mars", max_silent_pm=-1)), frame())


def test_the_mode_is_set_once() -> None:
    live = told(contoso(), SetMode(mode=Mode.LIVE))
    assert live.mode == Mode.LIVE
    assert tenants.decide(live, SetMode(mode=Mode.LIVE), frame()) == []


def test_anybody_on_the_desk_may_stop_a_client_and_the_words_are_kept() -> None:
    stopped = told(contoso(), STOP)
    assert stopped.stopped == "stopped by Dana: payroll"
    assert refusal(stopped, STOP) == "already-stopped"
    assert refusal(contoso(), StopClient(standing=standing(roles=()), rollouts=())) == "not-entitled"


def test_a_stop_without_words_names_only_the_person() -> None:
    assert told(contoso(), StopClient(standing=standing(), rollouts=())).stopped == "stopped by Dana"


def test_only_deciders_may_start_a_client_again() -> None:
    stopped = told(contoso(), STOP)
    assert (
        refusal(stopped, ResumeClient(standing=standing(roles=("technician",)), rollouts=()))
        == "not-entitled"
    )
    resumed = told(stopped, ResumeClient(standing=standing(), rollouts=()))
    assert resumed.stopped == ""
    assert refusal(resumed, ResumeClient(standing=standing(), rollouts=())) == "not-stopped"


def test_a_stop_reaches_every_active_rollout_and_so_does_its_end() -> None:
    (stopped,) = tenants.decide(contoso(), StopClient(standing=standing(), rollouts=("r1", "r2")), frame())
    assert isinstance(stopped, ClientStopped)
    sent = tenants.react(contoso(), stopped)
    assert [(type(one), one.rollout) for one in sent if isinstance(one, StopRollout) and one.client] == [
        (StopRollout, "r1"),
        (StopRollout, "r2"),
    ]
    resumed = ClientResumed(by="dana", standing=standing(), rollouts=("r1",), at=NOW)
    (back,) = tenants.react(contoso(), resumed)
    assert isinstance(back, ResumeRollout)
    assert back.client


def test_other_changes_reach_nobody() -> None:
    assert tenants.react(contoso(), PolicyChanged(policy=policy(), version=2, at=NOW)) == []
