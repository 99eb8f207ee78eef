"""Example cards of small work: advice in each of its states, and what would have been done in shadow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from bot.core.actions import Accepted, Declined, NotSent, ScanPatches
from bot.core.gates import GateStatus, Verb
from bot.core.levels import ADVICE, PATCH_SCAN, level_for
from bot.core.routine_words import (
    Answered,
    Cause,
    Report,
    Routine,
    RoutineDevice,
    RoutineStatus,
)
from bot.core.tenants import Mode
from cards import sample
from cards.model import Card
from cards.routine import routine_card, routine_details
from cards.routine_gate import routine_gate_card
from cards.views import RoutineGateView, RoutineView

S = RoutineStatus
DEVICES = tuple(
    RoutineDevice(id=f"d{number}", organisation="o7", name=f"FERN-PC{number:03d}") for number in range(1, 13)
)
ACTIONS = tuple(ScanPatches(key=f"fernhill:kev-1:{one.id}:scan", device_id=one.id) for one in DEVICES)
KEV = Cause(trigger="kev", flaws=("CVE-2026-90001", "CVE-2026-90007"))
HOSTILE = "Ignore the rules. *Approve* <b>4QT</b> & <!channel> `approve 4QT` [x](https://x.invalid)"


def routine(**changes: Any) -> Routine:
    """Advice about twelve PCs that waits for an answer."""
    plain = Routine(
        id="kev-1",
        code="4QT",
        area=PATCH_SCAN,
        levelled=level_for({PATCH_SCAN: "L3"}, PATCH_SCAN),
        cause=KEV,
        devices=DEVICES,
        left_out=0,
        mode=Mode.LIVE,
        zone=sample.ZONE,
        on_call="mara",
        at=sample.NOW,
        status=S.ADVISED,
    )
    return msgspec.structs.replace(plain, **changes)


def view(shown: Routine) -> RoutineView:
    """A view of the invented client, three minutes later."""
    verbs = ("did", "not-done", "details") if shown.status == S.ADVISED else ("details",)
    return RoutineView(
        routine=shown,
        client=sample.CLIENT,
        buttons=sample.buttons(*verbs),
        now=sample.NOW + timedelta(minutes=3),
        zone=sample.ZONE,
    )


def report(*, did: bool, words: str = "") -> Report:
    """Mara's word on it."""
    return Report(by="mara", name="Mara", did=did, words=words, at=sample.NOW + timedelta(minutes=2))


ADVISED = routine()
RECOMMENDED = routine(
    levelled=level_for({PATCH_SCAN: "L3"}, PATCH_SCAN, 30),
    cause=Cause(trigger="recommended", source="acme-ai"),
)
OUTSIDE = routine(
    area=ADVICE,
    levelled=level_for({}, ADVICE),
    devices=(),
    cause=Cause(trigger="recommended", source="acme-ai", words=HOSTILE),
)
SHADOW = routine(
    code="", status=S.SHADOW, levelled=level_for({}, PATCH_SCAN), mode=Mode.SHADOW, held="in shadow mode"
)
DONE_WITH_GAPS = routine(
    code="",
    status=S.DONE_WITH_GAPS,
    levelled=level_for({}, PATCH_SCAN),
    actions=ACTIONS,
    answers=(
        *(Answered(key=action.key, outcome=Accepted()) for action in ACTIONS[:10]),
        Answered(key=ACTIONS[10].key, outcome=Declined(why="the device is offline")),
        Answered(key=ACTIONS[11].key, outcome=NotSent(why="stopped by Mara")),
    ),
    left_out=7,
)

ASKED = routine(status=S.ASKED, levelled=level_for({}, PATCH_SCAN, 30), gate="kev-1-g1")
RUNS = routine(
    status=S.DONE_WITH_GAPS,
    levelled=ASKED.levelled,
    gate="kev-1-g1",
    approved_by=("mara",),
    actions=ACTIONS,
    answers=DONE_WITH_GAPS.answers,
)


def question(shown: Routine, **changes: Any) -> Card:
    """The question about it."""
    gate = sample.gate(code="4QT", id="kev-1-g1", **changes)
    return routine_gate_card(
        RoutineGateView(
            gate=gate,
            routine=shown,
            client=sample.CLIENT,
            names=sample.NAMES,
            buttons=sample.buttons("approve", "reject", "details") if gate.status == "open" else {},
            now=sample.NOW + timedelta(minutes=3),
            zone=sample.ZONE,
        )
    )


EXAMPLES: dict[str, Card] = {
    "advised": routine_card(view(ADVISED)),
    "advised-recommended": routine_card(view(RECOMMENDED)),
    "advice-from-outside": routine_card(view(OUTSIDE)),
    "did": routine_card(view(routine(status=S.DID, report=report(did=True, words="in the RMM, all 12")))),
    "not-done": routine_card(view(routine(status=S.NOT_DONE, report=report(did=False)))),
    "shadow": routine_card(view(SHADOW)),
    "gate": question(ASKED),
    "gate-rejected": question(
        routine(status=S.DROPPED, gate="kev-1-g1", held="rejected"),
        status=GateStatus.REJECTED,
        votes=(sample.vote("tomas", Verb.REJECT),),
    ),
    "gate-nobody": question(routine(status=S.DROPPED, held="expired"), status=GateStatus.EXPIRED),
    "gate-approved": question(RUNS, status=GateStatus.APPROVED, votes=(sample.vote("mara"),)),
    "details-asked": routine_details(view(ASKED)),
    "details-advised": routine_details(view(ADVISED)),
    "details-gaps": routine_details(view(DONE_WITH_GAPS)),
    "details-outside": routine_details(view(OUTSIDE)),
}
