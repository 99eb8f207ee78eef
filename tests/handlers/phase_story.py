"""Projects at a desk: starting, asking, and rolling out what one of them needs."""

from __future__ import annotations

from bot.core.actions import Accepted, JobResult
from bot.core.answers import (
    RefusedAnswer,
)
from bot.core.gates import Gate
from bot.core.phase_answers import PhaseAnswer
from bot.core.project_words import Project
from bot.core.rollout.messages import ReportDevices, SettleAction
from bot.core.templates import Phase
from handlers.hands import decode_runs
from handlers.phase_templates import Templates
from handlers.projects import projects_here
from handlers.queries import open_gates
from handlers.replay import check
from store.memory import MemoryStore
from tests.builders import KB
from tests.handlers.desk import CONNECTOR, Desk
from tests.phases import UPDATE, patched, template, word

ONE_WORD = template(Phase(name="only", prerequisites=(word("list", days=7),)))
PATCHED = template(
    Phase(name="only", prerequisites=(patched(), word("list", days=7)), if_go=("no mail for an hour.",))
)
OWNED = template(Phase(name="only", prerequisites=(word("list", owner="desk"),)))


def desk_with_templates() -> Desk:
    """A desk where four small projects can be started."""
    made = Desk(MemoryStore())
    made.office.templates = Templates(
        sound={"move": template(), "small": ONE_WORD, "patch": PATCHED, "owned": OWNED}
    )
    return made


def project(desk: Desk, tenant: str = "contoso") -> Project:
    """The client's only project."""
    with desk.store.read(tenant) as uow:
        (one,) = projects_here(uow, finished=True)
    return one


def gate(desk: Desk, tenant: str = "contoso") -> Gate:
    """The open question of a project."""
    with desk.store.read(tenant) as uow:
        return next(one for one in open_gates(uow) if one.question.subject_kind == "project")


def started(desk: Desk, name: str = "small", room: str = "contoso") -> Project:
    """Dana starts it."""
    answer = desk.say("dana", f"phase start {name}", room)
    assert isinstance(answer, PhaseAnswer)
    return project(desk, room)


def asked(desk: Desk, name: str = "small", *, ready: bool = True) -> Gate:
    """A project whose only phase is asked about; with `ready` Dana has said what she has to."""
    started(desk, name)
    if ready:
        desk.say("dana", "phase done list")
    answer = desk.say("dana", "phase advance")
    assert isinstance(answer, PhaseAnswer)
    return gate(desk)


def rolled_out(desk: Desk) -> Gate:
    """The update is rolled out from its question to its end."""
    plan = desk.plan("contoso", ("CONTOSO-PC1",), update=UPDATE)
    desk.run(plan)
    return plan


def finish(desk: Desk, plan: Gate) -> None:
    """Installed, healthy, watched for long enough."""
    rollout = desk.rollout(plan)
    (target,) = rollout.offer.targets
    with desk.store.read("contoso") as uow:
        run = decode_runs(uow.device_rows(rollout.id))[target.device_id]
    taken = SettleAction(rollout=rollout.id, device=run.device, key=run.key, outcome=Accepted())
    desk.tell(taken, actor=CONNECTOR)
    job = JobResult(key=run.key, finished_at=desk.at, exit_code=0)
    desk.read(plan, 0, pending=(), installed=(KB,), jobs=(job,))
    desk.wait(seconds=3601)
    desk.tell(ReportDevices(rollout=rollout.id, reports=(), read_at=desk.at), actor=CONNECTOR)


def folds(desk: Desk) -> bool:
    """The ledger alone gives the same tables."""
    empty = MemoryStore()
    empty.create("contoso")
    with desk.store.read("contoso") as kept, empty.begin("contoso") as folded:
        return check(kept, folded).differences == ()


def refusal(answer: object) -> str:
    """The rule of a no."""
    assert isinstance(answer, RefusedAnswer), answer
    return answer.rule
