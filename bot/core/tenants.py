"""A client's own settings: its policy, its mode, and whether everything there is stopped."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

import msgspec

from bot.core.effects import Effect
from bot.core.envelope import Frame, Standing
from bot.core.errors import Broken, Refused
from bot.core.policy import Policy, parse_policy
from bot.core.rollout.messages import ResumeRollout, StopRollout
from bot.core.value import Value

SELF = "self"
"""The one tenant aggregate of a tenant's file."""


class Mode(StrEnum):
    """How far the bot may go at a client. New clients start in shadow."""

    READ_ONLY = "read-only"
    SHADOW = "shadow"
    LIVE = "live"


class Tenant(Value):
    """A client's settings now."""

    tenant: str
    title: str
    policy: Policy
    policy_version: int
    mode: Mode = Mode.SHADOW
    sample: bool = False
    stopped: str = ""
    """Why nothing new starts here; empty when work may go on."""

    def hold(self) -> str:
        """Why nothing may be started here now: somebody stopped it, or it is not (any more) live."""
        return self.stopped or ("" if self.mode == Mode.LIVE else f"in {self.mode} mode")


class TenantMessage(Value):
    """Base of everything a tenant can be told."""

    KIND: ClassVar[str] = "tenant"

    def subject(self) -> str:
        """A tenant's file holds one tenant."""
        return SELF


class ProvisionTenant(TenantMessage, tag="tenant.provision"):
    """Set up a client with this policy and mode."""

    title: str
    policy: Policy
    mode: Mode
    sample: bool = False


class ChangePolicy(TenantMessage, tag="tenant.change_policy"):
    """Replace the policy, whole."""

    policy: Policy


class SetMode(TenantMessage, tag="tenant.set_mode"):
    """Read only, shadow or live from here on."""

    mode: Mode


class StopClient(TenantMessage, tag="tenant.stop"):
    """Nothing new starts at this client. Anybody on the desk may say so."""

    standing: Standing
    rollouts: tuple[str, ...]
    """What is active there, each of which is told as well."""
    why: str = ""


class ResumeClient(TenantMessage, tag="tenant.resume"):
    """The client's stop is over."""

    standing: Standing
    rollouts: tuple[str, ...]


class TenantProvisioned(Value, tag="tenant.provisioned.1"):
    """The client is set up."""

    tenant: str
    title: str
    policy: Policy
    mode: Mode
    sample: bool
    at: datetime


class PolicyChanged(Value, tag="tenant.policy_changed.1"):
    """This policy holds for what is asked from now on."""

    policy: Policy
    version: int
    at: datetime


class ModeSet(Value, tag="tenant.mode_set.1"):
    """The client is in this mode."""

    mode: Mode
    at: datetime


class ClientStopped(Value, tag="tenant.stopped.1"):
    """Nothing new starts at this client."""

    why: str
    by: str
    standing: Standing
    rollouts: tuple[str, ...]
    at: datetime


class ClientResumed(Value, tag="tenant.resumed.1"):
    """The client's stop is over."""

    by: str
    standing: Standing
    rollouts: tuple[str, ...]
    at: datetime


TenantFact = TenantProvisioned | PolicyChanged | ModeSet | ClientStopped | ClientResumed


def decide(tenant: Tenant | None, message: object, frame: Frame) -> list[TenantFact]:
    """Provision once, then change; refuses what is already so."""
    at = frame.received_at
    if isinstance(message, ProvisionTenant):
        return _provision(tenant, message, frame)
    if tenant is None:
        raise Refused("This client is not set up yet.", rule="not-provisioned")
    match message:
        case ChangePolicy(policy=policy):
            _sound(policy)
            if policy == tenant.policy:
                return []
            return [PolicyChanged(policy=policy, version=tenant.policy_version + 1, at=at)]
        case SetMode(mode=mode):
            return [ModeSet(mode=mode, at=at)] if mode != tenant.mode else []
        case StopClient():
            return _stop(tenant, message, at)
        case ResumeClient():
            return _resume(tenant, message, at)
        case _:
            raise Broken(f"a tenant cannot be told {type(message).__name__}")


def _provision(tenant: Tenant | None, message: ProvisionTenant, frame: Frame) -> list[TenantFact]:
    if tenant is not None:
        return []
    _sound(message.policy)
    return [
        TenantProvisioned(
            tenant=frame.tenant,
            title=message.title,
            policy=message.policy,
            mode=message.mode,
            sample=message.sample,
            at=frame.received_at,
        )
    ]


def _sound(policy: Policy) -> None:
    _, mistakes = parse_policy(msgspec.to_builtins(policy))
    if mistakes:
        raise Refused("The policy has mistakes: " + "; ".join(mistakes), rule="bad-policy")


def _stop(tenant: Tenant, message: StopClient, at: datetime) -> list[TenantFact]:
    if not message.standing.roles:
        raise Refused("Only people of the desk may stop work here.", rule="not-entitled")
    if tenant.stopped and not message.rollouts:
        raise Refused(
            f"{tenant.title} is stopped already. Start again: `resume {tenant.tenant}`.",
            rule="already-stopped",
        )
    why = f"stopped by {message.standing.name}" + (f": {message.why}" if message.why else "")
    return [
        ClientStopped(
            why=why, by=message.standing.person, standing=message.standing, rollouts=message.rollouts, at=at
        )
    ]


def _resume(tenant: Tenant, message: ResumeClient, at: datetime) -> list[TenantFact]:
    if not set(tenant.policy.approvals.roles) & set(message.standing.roles):
        raise Refused(
            "You may stop, but not start again: that needs "
            + " or ".join(tenant.policy.approvals.roles)
            + ".",
            rule="not-entitled",
        )
    if not tenant.stopped and not message.rollouts:
        raise Refused(f"{tenant.title} is not stopped.", rule="not-stopped")
    standing = message.standing
    return [ClientResumed(by=standing.person, standing=standing, rollouts=message.rollouts, at=at)]


def evolve(tenant: Tenant | None, fact: TenantFact) -> Tenant:
    """The settings after this fact."""
    if isinstance(fact, TenantProvisioned):
        return Tenant(
            tenant=fact.tenant,
            title=fact.title,
            policy=fact.policy,
            policy_version=1,
            mode=fact.mode,
            sample=fact.sample,
        )
    if tenant is None:
        raise Broken(f"{type(fact).__name__} before the tenant was provisioned")
    replace = msgspec.structs.replace
    match fact:
        case PolicyChanged():
            return replace(tenant, policy=fact.policy, policy_version=fact.version)
        case ModeSet():
            return replace(tenant, mode=fact.mode)
        case ClientStopped():
            return replace(tenant, stopped=fact.why)
        case ClientResumed():
            return replace(tenant, stopped="")


def react(tenant: Tenant, fact: TenantFact) -> list[Effect | StopRollout | ResumeRollout]:
    """A stop reaches every active rollout in the same transaction."""
    match fact:
        case ClientStopped():
            who, why = fact.standing, fact.why
            return [StopRollout(rollout=r, standing=who, why=why, client=True) for r in fact.rollouts]
        case ClientResumed():
            return [ResumeRollout(rollout=r, standing=fact.standing, client=True) for r in fact.rollouts]
        case _:
            return []
