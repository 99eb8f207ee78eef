"""The small protocols that connectors speak, and the words beside the core's.

The core's words (`bot/core/actions.py`) say what is asked and what comes back; this file says how a connector
is called. A connector owns no state that matters: what it caches can be lost at any moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from bot.core.actions import Action, ActionOutcome, DeviceReport, FleetRead, LookUp
from bot.core.errors import OutsideFailed, RingmasterError


class Unauthenticated(RingmasterError):
    """A delivery did not prove where it comes from: answer 401, store nothing but a count."""


class Malformed(OutsideFailed):
    """A delivery that proved its origin makes no sense as a document: answer 400."""


class WrongContentType(Malformed):
    """A genuine delivery in a form that is not taken (forms instead of JSON, say): answer 415."""


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """One client company as the vendor account knows it."""

    organisation_id: str
    name: str


class ObserveRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What we want to know about one device: the jobs we wait for, and since when its troubles count."""

    device_id: str
    organisation_id: str
    since: datetime
    keys: tuple[str, ...] = ()


class ActivityEvent(msgspec.Struct, frozen=True, kw_only=True, tag="activity"):
    """Something may have happened to a device. A hint, never evidence: read it again before acting."""

    event_id: str
    """The vendor's own number of the occurrence: the receipt key against repeated deliveries."""
    event_type: str
    status: str
    device_id: str = ""
    organisation_id: str = ""
    """Only as the delivery claims it; the re-read decides. Empty when the delivery does not say."""
    occurred_at: datetime | None = None


class UnknownEvent(msgspec.Struct, frozen=True, kw_only=True, tag="unknown"):
    """A genuine delivery of a type that we have no use for: count it, answer 2xx, do nothing."""

    event_id: str
    event_type: str


WebhookEvent = ActivityEvent | UnknownEvent


class Delivery(msgspec.Struct, frozen=True, kw_only=True, tag="delivery"):
    """One verified delivery to one client, tamed: what its inbox keeps, and what is digested later."""

    delivery_id: str
    """The sender's own name of it, checked for its shape: the receipt key against repeated deliveries."""
    event_type: str
    content: bytes
    """A value of the core as `bot.core.vocabulary.encode` writes it. Whoever digests deliveries of this
    source decodes it (`handlers/tenant_inbox.py`)."""


class Ignored(msgspec.Struct, frozen=True, kw_only=True, tag="ignored"):
    """A genuine delivery that we have no use for: count it, answer 2xx, keep nothing."""

    event_type: str
    counter: str = "deliveries-unknown-type"
    """Under which name it is counted; the names are ours, never the sender's."""


class TenantReader(Protocol):
    """Reads what one outside system delivers to one client (`POST /in/{tenant}/{connector}`).

    How large a body may be and which header must be there at all stands in `bot/edge/limits.py`, by
    connector name: both hold for clients that do not exist as well.
    """

    @property
    def name(self) -> str:
        """The connector's name, as in the address and as the source in the client's inbox."""

    def read(self, headers: Mapping[str, str], body: bytes) -> Delivery | Ignored:
        """Check over the raw bytes, then tame. Raises Unauthenticated, Malformed or WrongContentType."""


class Level(StrEnum):
    """How bad a finding is."""

    FINE = "fine"
    WARNING = "warning"
    FAULT = "fault"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the doctor's report on a connector: what was looked at, and a sentence about it."""

    level: Level
    about: str
    sentence: str


class RmmConnector(Protocol):
    """An endpoint-management system. Calls may raise OutsideFailed (nothing took effect) or OutsideBusy."""

    @property
    def name(self) -> str:
        """The connector's name as configuration and ledger spell it."""

    async def organisations(self) -> tuple[Organisation, ...]:
        """Every client company that the account can see."""

    async def read_fleet(self, organisation_id: str) -> FleetRead:
        """All computers of one client, whole or an error, never half."""

    async def observe(self, devices: Sequence[ObserveRequest]) -> tuple[DeviceReport, ...]:
        """The state of the named devices now; one that the vendor no longer knows yields no report."""

    async def run(self, action: Action) -> ActionOutcome:
        """Carry one action out, at most once: never repeated here once it may have taken effect."""

    async def look_up(self, action: Action, since: datetime) -> LookUp:
        """Whether an action whose outcome we never heard did start."""

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> tuple[WebhookEvent, ...]:
        """Check a delivery over its raw bytes and tame it; raises Unauthenticated or Malformed."""

    async def check(self) -> tuple[Finding, ...]:
        """The doctor's visit: rights, scripts and policies that would make work fail or go around us."""

    async def close(self) -> None:
        """Give connections back."""
