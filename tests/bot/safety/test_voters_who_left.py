"""A yes counts while its voter may decide; who lost the role decides nothing by what they said before."""

from __future__ import annotations

import msgspec
import pytest

from bot.core.answers import RefusedAnswer
from bot.core.directory import RegisterPerson
from bot.core.envelope import HOUSE
from bot.core.gates import Gate, GateStatus
from tests.bot.safety.workshop import Workshop
from tests.builders import rules
from tests.handlers.desk import Desk


@pytest.fixture
def gate(workshop: Workshop) -> Gate:
    """It takes two; Sam has said yes."""
    desk = workshop.desk
    made = desk.plan(rules=rules(roles=("approver",), quorum=2))
    desk.say("sam", f"approve {made.code}")
    return made


def take_roles(desk: Desk, person: str) -> None:
    known = desk.office.directory().people[person]
    desk.tell(RegisterPerson(person=msgspec.structs.replace(known, roles={})), HOUSE)


def test_the_yes_of_somebody_who_lost_the_role_decides_nothing(workshop: Workshop, gate: Gate) -> None:
    desk = workshop.desk
    take_roles(desk, "sam")

    answer = desk.say("dana", f"approve {gate.code}")

    assert isinstance(answer, RefusedAnswer)
    assert answer.rule == "voter-gone"
    assert "Sam" in answer.why
    assert desk.gate(gate).status == GateStatus.OPEN


def test_it_can_still_be_rejected(workshop: Workshop, gate: Gate) -> None:
    desk = workshop.desk
    take_roles(desk, "sam")

    desk.say("dana", f"reject {gate.code} sam has left")

    assert desk.gate(gate).status == GateStatus.REJECTED


def test_two_who_may_decide_decide(workshop: Workshop, gate: Gate) -> None:
    desk = workshop.desk

    desk.say("dana", f"approve {gate.code}")

    assert desk.gate(gate).status == GateStatus.APPROVED
