"""What outside systems deliver to one client: kept in its own inbox, digested later as its source needs.

One visible table says who digests what. The message that comes of a delivery is named after it, so that the
ledger takes it once, however often it is digested or delivered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Final, Protocol

import msgspec

from bot.core.envelope import HOUSE
from bot.core.errors import Broken
from bot.core.ports import InboxItem, KeyState
from handlers import pipelines, recommended
from handlers.inbox import Digested, Drained, Receipt, drain_inbox
from handlers.office import Office

TENANT_DRAIN_LIMIT: Final = 20
"""Deliveries of one client digested in one go; each may carry 5 MiB, so this bounds memory (100 MiB)."""


class Verified(Protocol):
    """What a connector makes of one delivery (`bot.connectors.port.Delivery`)."""

    @property
    def delivery_id(self) -> str: ...
    @property
    def event_type(self) -> str: ...
    @property
    def content(self) -> bytes: ...


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One verified delivery as a client's inbox keeps it, with the bytes it came in."""

    event_type: str
    content: bytes
    body: bytes


Digest = Callable[[Office, str, str, bytes, datetime], None]
"""Office, client, id of the message to send, content of the delivery, when it reached us."""

DIGESTERS: Final[Mapping[str, Digest]] = {
    "github": pipelines.digest,
    "recommendations": recommended.digest,
}
"""Source of a delivery -> what it leads to. One line for each connector that delivers to clients."""


# --- keeping: before the sender gets its 2xx ---


def keep_for_tenant(
    office: Office, tenant: str, source: str, delivery: Verified, body: bytes, now: datetime
) -> Receipt:
    """The delivery in the client's own file, sealed with its key; one that is known by its id is counted."""
    payload = msgspec.msgpack.encode(
        Kept(event_type=delivery.event_type, content=delivery.content, body=body)
    )
    item = InboxItem(source=source, delivery_id=delivery.delivery_id, received_at=now, payload=payload)
    with office.store.begin(tenant) as uow:
        fresh = uow.remember(item)
        uow.bump("deliveries-kept" if fresh else "deliveries-repeated")
        uow.commit()
    return Receipt(fresh=int(fresh), repeated=int(not fresh))


def count_for_tenant(office: Office, tenant: str, counter: str) -> None:
    """A genuine delivery of which nothing is kept but a number, with the client it was meant for."""
    with office.store.begin(tenant) as uow:
        uow.bump(counter)
        uow.commit()


# --- digesting ---


def drain_tenant(
    office: Office, tenant: str, digesters: Mapping[str, Digest] = DIGESTERS, limit: int = TENANT_DRAIN_LIMIT
) -> Drained:
    """Digest what is new at one client; what fails is parked there with the reason and holds up nobody.

    While the house cannot be read nobody knows whom to tell: then everything waits, and nothing is parked.
    """
    if tenant == HOUSE:
        raise Broken("the house's inbox is drained by its own rules")
    if office.store.key_state(HOUSE) is not KeyState.PRESENT:
        return Drained(interrupted=True)
    return drain_inbox(office, partial(_digest_one, office, tenant, digesters), limit, tenant=tenant)


def _digest_one(office: Office, tenant: str, digesters: Mapping[str, Digest], item: InboxItem) -> Digested:
    digest = digesters.get(item.source)
    if digest is None:
        raise Broken(f"nobody digests deliveries of {item.source}")
    kept = msgspec.msgpack.decode(item.payload, type=Kept)
    digest(office, tenant, message_id(item), kept.content, item.received_at)
    return Digested(tenants=(tenant,))


def message_id(item: InboxItem) -> str:
    """The id of the message that a delivery leads to: the same for every repetition."""
    return f"delivery:{item.source}:{item.delivery_id}"
