"""One short id at two clients (one was suspended when the bot started): nothing is decided by guess."""

from __future__ import annotations

from bot.core.answers import RefusedAnswer, VoteAnswer
from bot.core.gates import GateStatus
from bot.core.rollout.messages import PlanRollout
from tests.builders import offer
from tests.handlers.desk import DECIDE, Desk


def _same_id_at_both(desk: Desk) -> None:
    for tenant in ("contoso", "quagga"):
        made = offer(tenant=tenant, rollout=f"r-{tenant}", rules=DECIDE, starts_at=desk.at)
        plan = PlanRollout(rollout=made.rollout, code="7K2", offer=made, approvers=("dana",))
        desk.tell(plan, tenant)


def test_a_vote_by_an_id_that_two_clients_share_is_counted_for_neither(desk: Desk) -> None:
    _same_id_at_both(desk)

    answer = desk.say("dana", "approve 7K2", "staff")

    assert isinstance(answer, RefusedAnswer)
    assert answer.rule == "two-clients"
    assert desk.gate_of("r-contoso").status == GateStatus.OPEN
    assert desk.gate_of("r-quagga", "quagga").status == GateStatus.OPEN


def test_in_the_clients_own_channel_the_id_is_clear(desk: Desk) -> None:
    _same_id_at_both(desk)

    answer = desk.say("dana", "approve 7K2", "quagga")

    assert isinstance(answer, VoteAnswer)
    assert answer.client.tenant == "quagga"
    assert desk.gate_of("r-contoso").status == GateStatus.OPEN
