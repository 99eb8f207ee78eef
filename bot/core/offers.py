"""The offer: one canonical value of everything that a person approves.

Free of language, zone and platform. Votes, counts and wording are no part of it. Its digest is what every
button carries, what a vote names, and what execution is bound to.
"""

from __future__ import annotations

from datetime import datetime

from bot.core.policy import ApprovalRule, Caps, ClassRule, RingRule, WindowRule
from bot.core.value import Value, digest

DIGEST_PREFIX = 8
"""Characters of the digest on a button: enough to tell offers of one gate apart; the MAC guards the rest."""


class Target(Value):
    """One device and exactly what will be installed on it."""

    device_id: str
    organisation_id: str
    name: str
    device_class: str
    role: str
    site: str
    ring: int
    stratum: str
    kb: str
    approved_set: tuple[str, ...] = ()
    """What the RMM had approved there when the plan was made: a change before the start blocks the device."""
    reversible: bool = True


class LeftOut(Value):
    """A device that needs the update and does not get it now."""

    device_id: str
    name: str
    why: str


class Evidence(Value):
    """One thing the plan rests on, by id and by the value that was used."""

    id: str
    value: str


class Offer(Value):
    """All that is approved by approving."""

    tenant: str
    rollout: str
    update: str
    title: str
    targets: tuple[Target, ...]
    left_out: tuple[LeftOut, ...]
    rings: tuple[RingRule, ...]
    windows: tuple[WindowRule, ...]
    zone: str
    starts_at: datetime
    not_after: datetime
    deadline: datetime | None
    classes: dict[str, ClassRule]
    caps: Caps
    observe_every_seconds: int
    install_deadline_seconds: int
    max_silent_pm: int
    rollback: str
    """auto | ask: what happens when the halt rule fires."""
    exploited: bool
    evidence: tuple[Evidence, ...]
    rules: ApprovalRule
    requester: str

    def digest(self) -> str:
        """The name of exactly this offer."""
        return digest(self)

    def devices(self, ring: int) -> tuple[Target, ...]:
        """The targets of one ring."""
        return tuple(target for target in self.targets if target.ring == ring)

    def target(self, device_id: str) -> Target | None:
        """What was approved for one device; None means: do not touch it."""
        return next((target for target in self.targets if target.device_id == device_id), None)
