"""Every message and every fact there is, and how they are written down and read again.

A new one is added to its union here, and mypy and the tests name every place that must know it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from bot.core import (
    deployments,
    directory,
    gates,
    notices,
    pages,
    pipelines,
    project_words,
    recommendations,
    routine_words,
    tenants,
)
from bot.core.envelope import Frame
from bot.core.rollout import messages as rollout
from bot.core.upcasters import UPCASTERS, Upcasters, upcast
from bot.core.value import Value, canonical

Message = (
    directory.RegisterClient
    | directory.RegisterPerson
    | directory.BindConversation
    | directory.RegisterAccount
    | directory.MapOrganisation
    | directory.SetOnCall
    | directory.LinkIdentity
    | directory.UnlinkIdentity
    | directory.MoveConversation
    | directory.UnbindConversation
    | directory.NoteForeignPost
    | tenants.ProvisionTenant
    | tenants.ChangePolicy
    | tenants.SetMode
    | tenants.StopClient
    | tenants.ResumeClient
    | recommendations.Recommend
    | gates.OpenGate
    | gates.CastVote
    | gates.CancelGate
    | gates.VoidGate
    | gates.CardSent
    | gates.GateDue
    | gates.GateSettled
    | gates.WeighChanges
    | gates.WeighYes
    | rollout.PlanRollout
    | rollout.RolloutDue
    | rollout.ReportDevices
    | rollout.SettleAction
    | rollout.StopRollout
    | rollout.ResumeRollout
    | rollout.AbortRollout
    | rollout.RollBack
    | rollout.HitCap
    | pages.OpenPage
    | pages.TakePage
    | pages.PassPage
    | pages.PageDue
    | routine_words.ProposeRoutine
    | routine_words.RepeatOrder
    | routine_words.SettleOrder
    | routine_words.ReportRoutine
    | notices.RaiseNotice
    | notices.ReviewNotice
    | deployments.NoteDeployment
    | pipelines.NoteRun
    | project_words.StartProject
    | project_words.AskPhase
    | project_words.AttestCriterion
    | project_words.EvaluateProject
    | project_words.ProjectDue
)

Fact = (
    directory.DirectoryFact
    | tenants.TenantFact
    | recommendations.Recommended
    | gates.GateFact
    | rollout.RolloutFact
    | pages.PageFact
    | routine_words.RoutineFact
    | notices.NoticeFact
    | deployments.DeploymentFact
    | pipelines.PipelineMoved
    | project_words.ProjectFact
)


class Recorded(Value):
    """One fact and the thing it happened to."""

    kind: str
    id: str
    fact: Fact


class Refusal(Value):
    """A no that was given to a known person."""

    why: str
    rule: str
    suppressed: int = 0
    """How many equal refusals were given in the minute before without an entry of their own."""


class Entry(Value):
    """The content of one ledger entry: what came in, and what happened because of it."""

    frame: Frame
    message: Message
    facts: tuple[Recorded, ...]
    refusal: Refusal | None = None


def encode_entry(entry: Entry) -> bytes:
    """The bytes that are sealed into the ledger."""
    return canonical(entry)


def decode_entry(content: bytes) -> Entry:
    """An entry of any age: facts of older versions pass their upcasters first."""
    raw = msgspec.json.decode(content)
    return msgspec.convert({**raw, "facts": _present(raw, UPCASTERS)}, Entry)


def decode_facts(content: bytes, upcasters: Upcasters = UPCASTERS) -> tuple[Recorded, ...]:
    """The facts of an entry alone: all that folding needs, whatever shape messages had in its time."""
    return msgspec.convert(_present(msgspec.json.decode(content), upcasters), tuple[Recorded, ...])


def _present(raw: Any, upcasters: Upcasters) -> list[Any]:
    return [{**recorded, "fact": upcast(recorded["fact"], upcasters)} for recorded in raw["facts"]]


def encode(value: Any) -> bytes:
    """Any plain value of the core as bytes, for state documents and effects."""
    return msgspec.json.encode(value)
