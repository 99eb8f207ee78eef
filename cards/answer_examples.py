"""One example of every answer, and of its variants that read differently. All names are invented."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from bot.core.answers import (
    NO_SIZE,
    Answer,
    BoundAnswer,
    ChoiceAnswer,
    Client,
    ClientState,
    ClientStop,
    DeviceAnswer,
    DeviceEpisode,
    EndedAnswer,
    HelpAnswer,
    MistypedAnswer,
    NoticeAnswer,
    OnCallAnswer,
    PageAnswer,
    PlannedAnswer,
    Purpose,
    RefusedAnswer,
    ReportedAnswer,
    ResumedAnswer,
    RollingBackAnswer,
    RolloutAnswer,
    RolloutLine,
    ScanAnswer,
    Size,
    StatusAnswer,
    StoppedAnswer,
    VoteAnswer,
    WaitingAnswer,
    WaitingItem,
    Which,
    WhyAnswer,
)
from bot.core.buttons import ButtonValue
from bot.core.commands import usage_lines
from bot.core.criteria import prerequisites
from bot.core.gates import GateStatus, Verb
from bot.core.notices import Verdict
from bot.core.phase_answers import Deed, PhaseAnswer, PhaseLine, PhasesAnswer
from cards import phase_examples
from cards.answers import answer_card
from cards.model import Card

NOW = datetime(2026, 11, 16, 21, 4, tzinfo=UTC)
ZONE = "Europe/Prague"
_START = datetime(2026, 11, 16, 21, 30, tzinfo=UTC)
FERNHILL = Client(tenant="fernhill", title="Fernhill Dental")
OAKS = Client(tenant="oaks", title="Three Oaks School")
_TITLE = "November Windows updates"


def example_value(value: ButtonValue) -> str:
    """A value of the right shape that no bot would take."""
    return f"v1.{value.tenant}.{value.subject}.{value.verb}.{value.offer8}.c0ffee"


WAITING_ITEM = WaitingItem(
    client=FERNHILL,
    gate="r1-g1",
    code="4QT",
    offer8="0f1e2d3c",
    purpose=Purpose.START,
    title=_TITLE,
    size=Size(pcs=31, servers=0),
    until=datetime(2026, 11, 16, 21, 15, tzinfo=UTC),
    names=("Mara", "Tomas"),
)
_GO_ON = WaitingItem(
    client=OAKS,
    gate="r2-g2",
    code="8WN",
    offer8="aa11bb22",
    purpose=Purpose.PROMOTE,
    title=_TITLE,
    size=Size(pcs=40, servers=2),
    until=NOW + timedelta(days=2),
    names=("Tomas",),
)
VOTE = VoteAnswer(
    client=FERNHILL,
    code="4QT",
    purpose=Purpose.START,
    verb=Verb.APPROVE,
    reason="",
    at=NOW,
    count=1,
    quorum=1,
    status=GateStatus.APPROVED,
    first_ring=Size(pcs=3, servers=0),
    starts_at=_START,
    not_before_resume=False,
)
LINE = RolloutLine(
    client=FERNHILL,
    rollout="r1",
    code="4QT",
    title=_TITLE,
    status="running",
    size=Size(pcs=84, servers=0),
    ring=2,
    rings=3,
    done=15,
    failed=0,
    in_progress=2,
    left_over=0,
    going_back=0,
    needs_hands=0,
    pauses=(),
    gate_code="",
    starts_at=_START,
    next_at=None,
    ended_at=None,
    end_text="",
    halt_text="",
)
WHY = WhyAnswer(
    client=FERNHILL,
    code="4QT",
    purpose=Purpose.START,
    status=GateStatus.OPEN,
    may=True,
    reason="",
    roles=("approver", "lead"),
    quorum=1,
    not_requester=False,
    servers=0,
    names=("Mara", "Tomas"),
    until=WAITING_ITEM.until,
    waits_because="",
)
DEVICE = DeviceAnswer(
    client=FERNHILL,
    name="FERN-PC03",
    device_class="workstation",
    site="Reception",
    online=True,
    last_contact=NOW,
    read_at=NOW - timedelta(minutes=9),
    pending=1,
    episodes=(
        DeviceEpisode(
            code="4QT",
            title=_TITLE,
            kb="5099911",
            ring=1,
            state="healthy",
            since=NOW - timedelta(hours=20),
            why="",
        ),
    ),
)
PHASE = PhaseLine(
    client=FERNHILL,
    project="p1",
    code="2PC",
    title="mail migration",
    phase="cut-over",
    number=3,
    phases=4,
    prerequisites=prerequisites(phase_examples.BLOCKED, NOW),
)
_PHASE_ASKED = msgspec.structs.replace(
    PHASE,
    prerequisites=prerequisites(phase_examples.project(), NOW),
    gate="p1-g3",
    gate_code="P3D",
    until=NOW + timedelta(days=2),
    names=("Mara", "Tomas"),
)
_CUT_OVER = WaitingItem(
    client=FERNHILL,
    gate="p1-g3",
    code="P3D",
    offer8="0f1e2d3c",
    purpose=Purpose.PHASE,
    title="mail migration: cut-over",
    size=NO_SIZE,
    until=NOW + timedelta(days=2),
    names=("Mara", "Tomas"),
)
_BLOCKED = "missing: MX record's time to live lowered"
PAGE = PageAnswer(
    client=FERNHILL,
    code="4QT",
    reason="4 PCs did not come back after the update",
    taken_by="Mara",
)

_change = msgspec.structs.replace
_WAITS_FOR_PERSON = _change(
    LINE, status="paused", in_progress=0, pauses=("ring 3 waits for a person",), gate_code="8WN"
)
_HALTED = _change(LINE, status="halted", done=5, failed=4, in_progress=0, halt_text="4 of 9 failed in ring 2")
_COMPLETED = _change(
    LINE, status="completed", ended_at=NOW - timedelta(days=3), end_text="all devices healthy"
)
_STOP = ClientStop(client=FERNHILL, rollouts=("4QT",), finishing=Size(pcs=2, servers=0))

ANSWERS: dict[str, Answer] = {
    "waiting-one": WaitingAnswer(mine=(WAITING_ITEM,), others=()),
    "waiting-two": WaitingAnswer(mine=(WAITING_ITEM, _GO_ON), others=(_change(_GO_ON, code="5HM"),)),
    "waiting-nothing": WaitingAnswer(mine=(), others=()),
    "approved": VOTE,
    "approved-now": _change(VOTE, starts_at=NOW),
    "approved-one-of-two": _change(VOTE, quorum=2, status=GateStatus.OPEN),
    "approved-test-only": _change(
        VOTE, kept=Size(pcs=3, servers=0), left_out=Size(pcs=77, servers=4), test_only=True
    ),
    "approved-one-of-two-less": _change(
        VOTE, quorum=2, status=GateStatus.OPEN, kept=Size(pcs=78, servers=0), left_out=Size(pcs=0, servers=6)
    ),
    "approved-to-start-later": _change(VOTE, later=True, starts_at=_START + timedelta(days=3)),
    "approved-while-stopped": _change(VOTE, not_before_resume=True),
    "go-on": _change(VOTE, purpose=Purpose.PROMOTE, first_ring=Size(pcs=63, servers=1)),
    "rejected": _change(VOTE, verb=Verb.REJECT, reason="Not tonight", status=GateStatus.REJECTED),
    "why-may": WHY,
    "why-may-not": _change(WHY, may=False, reason="You may not decide 4QT: it needs lead. Ask Mara."),
    "why-decided": _change(
        WHY, status=GateStatus.REJECTED, may=False, reason="4QT was rejected already, by Mara: not tonight."
    ),
    "why-go-on": _change(WHY, purpose=Purpose.PROMOTE, waits_because="ring 3 waits for a person"),
    "planned": PlannedAnswer(
        client=FERNHILL,
        code="4QT",
        title=_TITLE,
        size=Size(pcs=31, servers=1),
        until=WAITING_ITEM.until,
        names=("Mara", "Tomas"),
    ),
    "planned-shadow": PlannedAnswer(
        client=OAKS, code="", title=_TITLE, size=Size(pcs=31, servers=0), until=None, names=(), shadow=True
    ),
    "waiting-phase": WaitingAnswer(mine=(_CUT_OVER,), others=()),
    "waiting-phase-blocked": WaitingAnswer(mine=(_change(_CUT_OVER, blocked=_BLOCKED),), others=()),
    "went": _change(
        VOTE, code="P3D", purpose=Purpose.PHASE, follows="Cut-over begins; next comes close.", starts_at=None
    ),
    "not-yet": _change(
        VOTE,
        code="P3D",
        purpose=Purpose.PHASE,
        verb=Verb.REJECT,
        reason="Client said no",
        status=GateStatus.REJECTED,
    ),
    "why-phase": _change(WHY, code="P3D", purpose=Purpose.PHASE, blocked=_BLOCKED, not_requester=True),
    "phase": PhaseAnswer(line=PHASE),
    "phase-started": PhaseAnswer(
        line=_change(PHASE, number=1, phase="plan", prerequisites=PHASE.prerequisites[2:3]), did=Deed.STARTED
    ),
    "phase-asked": PhaseAnswer(line=_PHASE_ASKED, did=Deed.ASKED),
    "phase-met": PhaseAnswer(line=PHASE, did=Deed.MET, about="MX record's time to live lowered"),
    "phase-ready": PhaseAnswer(line=_change(PHASE, prerequisites=_PHASE_ASKED.prerequisites)),
    "phase-finished": PhaseAnswer(line=_change(PHASE, finished_at=NOW - timedelta(days=1))),
    "phases": PhasesAnswer(
        lines=(PHASE, _change(_PHASE_ASKED, client=OAKS, code="5HN")), templates=("mail-migration",)
    ),
    "phases-none": PhasesAnswer(lines=(), templates=("mail-migration",)),
    "status-project": StatusAnswer(
        clients=(
            ClientState(client=FERNHILL, mode="live", stopped="", rollouts=(), projects=(_PHASE_ASKED,)),
        )
    ),
    "status-running": StatusAnswer(
        clients=(ClientState(client=FERNHILL, mode="live", stopped="", rollouts=(LINE,)),)
    ),
    "status-waits": StatusAnswer(
        clients=(ClientState(client=FERNHILL, mode="live", stopped="", rollouts=(_WAITS_FOR_PERSON,)),)
    ),
    "status-quiet": StatusAnswer(
        clients=(
            ClientState(
                client=OAKS,
                mode="shadow",
                stopped="stopped by Mara: exams",
                rollouts=(),
                last=_change(
                    LINE, status="completed", ended_at=NOW - timedelta(days=3), end_text="all healthy"
                ),
            ),
        )
    ),
    "status-several": StatusAnswer(
        clients=(
            ClientState(client=FERNHILL, mode="live", stopped="", rollouts=(LINE,)),
            ClientState(client=OAKS, mode="live", stopped="", rollouts=()),
        )
    ),
    "rollout-halted": RolloutAnswer(line=_HALTED),
    "device": DEVICE,
    "device-untouched": _change(DEVICE, episodes=(), online=False, last_contact=NOW - timedelta(days=4)),
    "oncall": OnCallAnswer(names=("Mara", "Tomas", "Ines")),
    "bound": BoundAnswer(client=FERNHILL, title="fernhill"),
    "unbound": BoundAnswer(client=FERNHILL, title="fernhill", bound=False),
    "notice-right": NoticeAnswer(
        client=FERNHILL, code="5RD", verdict=Verdict.LOOKS_RIGHT, at=NOW, needs_person=True
    ),
    "notice-flagged": NoticeAnswer(
        client=FERNHILL, code="5RD", verdict=Verdict.FLAG, at=NOW, needs_person=False
    ),
    "oncall-nobody": OnCallAnswer(names=()),
    "help": HelpAnswer(lines=usage_lines()),
    "help-one": HelpAnswer(lines=usage_lines(), topic="stop"),
    "stopped": StoppedAnswer(at=NOW, clients=(_STOP,)),
    "stopped-one": StoppedAnswer(at=NOW, clients=(_STOP,), code="4QT", rollout="r1"),
    "stopped-all": StoppedAnswer(
        at=NOW,
        clients=(_STOP, ClientStop(client=OAKS, rollouts=(), finishing=Size(pcs=0, servers=0))),
        refused=((Client(tenant="mill", title="Old Mill Bakery"), "Old Mill Bakery is stopped already."),),
    ),
    "resumed": ResumedAnswer(at=NOW, clients=(FERNHILL,)),
    "resumed-still-waits": ResumedAnswer(
        at=NOW, clients=(FERNHILL,), code="4QT", asked="8WN", still=("ring 3 waits for a person",)
    ),
    "ended": EndedAnswer(
        at=NOW, line=_change(LINE, status="cancelled", ended_at=NOW, end_text="ended by Mara")
    ),
    "rolling-back": RollingBackAnswer(at=NOW, line=_change(LINE, status="rolling-back", going_back=15)),
    "scan": ScanAnswer(
        client=FERNHILL, devices=31, left_out=0, level="L1", rule="patch scan after a KEV match"
    ),
    "scan-asked": ScanAnswer(
        client=FERNHILL,
        devices=31,
        left_out=0,
        level="L2",
        rule="patch scan after a KEV match",
        code="4QT",
    ),
    "scan-quiet": ScanAnswer(
        client=OAKS, devices=200, left_out=14, level="L0", rule="patch scan after a KEV match"
    ),
    "reported-did": ReportedAnswer(client=FERNHILL, code="4QT", did=True),
    "reported-not-done": ReportedAnswer(client=FERNHILL, code="4QT", did=False),
    "page-taken": PAGE,
    "page-next": _change(PAGE, taken_by="", next_name="Tomas", next_at=NOW + timedelta(minutes=15)),
    "page-nobody": _change(PAGE, taken_by=""),
    "refused": RefusedAnswer(why="4QT is approved already, by Mara. Nothing more to do."),
    "choice": ChoiceAnswer(
        question=Which.CLIENT,
        options=(("Fernhill Dental", "stop fernhill"), ("Three Oaks School", "stop oaks")),
    ),
    "choice-none": ChoiceAnswer(question=Which.ROLLOUT, options=()),
    "mistyped": MistypedAnswer(
        sentence="No client 'fernhil' here. Did you mean `stop fernhill`?", suggestion="stop fernhill"
    ),
}

EXAMPLES: dict[str, Card] = {
    name: answer_card(answer, NOW, ZONE, example_value) for name, answer in ANSWERS.items()
}
