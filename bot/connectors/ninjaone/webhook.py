"""Deliveries from NinjaOne: checked by a shared secret header, tamed, and never believed.

The vendor signs nothing (its description has no signature); the secret is a header that the webhook
configuration tells it to send. So a delivery proves who knows the secret, not what happened: re-read first.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

import msgspec

from bot.connectors.ninjaone.config import NinjaOneConfig
from bot.connectors.ninjaone.tame import moment, plain
from bot.connectors.ninjaone.wire import WebhookRow
from bot.connectors.port import ActivityEvent, Malformed, Unauthenticated, UnknownEvent, WebhookEvent

DELIVERY_LIMIT_BYTES = 1024 * 1024

EVENT_TYPES = frozenset({"ACTION", "CONDITION", "PATCH_MANAGEMENT", "SCHEDULED_TASK", "SCRIPTING", "SYSTEM"})
"""The activity types that we act upon (by re-reading); each has a fixture in the tests."""


def read_delivery(
    config: NinjaOneConfig, headers: Mapping[str, str], body: bytes
) -> tuple[WebhookEvent, ...]:
    """The events of one delivery. The secret is compared first and in constant time."""
    _authenticate(config, headers)
    row = _tame(body)
    if row.activity_type not in EVENT_TYPES:
        return (UnknownEvent(event_id=str(row.id), event_type=plain(row.activity_type, 60)),)
    device = row.device
    number = row.device_id if row.device_id is not None else device.id if device else None
    organisation = device.organization_id if device else None
    event = ActivityEvent(
        event_id=str(row.id),
        event_type=row.activity_type,
        status=plain(row.status_code, 80),
        device_id=_number(number),
        organisation_id=_number(organisation),
        occurred_at=moment(row.activity_time),
    )
    return (event,)


def _authenticate(config: NinjaOneConfig, headers: Mapping[str, str]) -> None:
    wanted = config.webhook_header.lower()
    given = [value for name, value in headers.items() if name.lower() == wanted]
    shown = given[0] if len(given) == 1 else ""
    same = hmac.compare_digest(shown.encode("utf-8", "replace"), config.webhook_secret.encode())
    if not (same and config.webhook_secret):
        raise Unauthenticated("A NinjaOne delivery came without the agreed secret header.")


def _tame(body: bytes) -> WebhookRow:
    if len(body) > DELIVERY_LIMIT_BYTES:
        raise Malformed("A NinjaOne delivery is larger than DELIVERY_LIMIT_BYTES.")
    try:
        return msgspec.json.decode(body, type=WebhookRow)
    except msgspec.ValidationError as fault:
        raise Malformed(f"A NinjaOne delivery has an unexpected shape: {fault}.") from None
    except RecursionError:
        raise Malformed("A NinjaOne delivery is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Malformed("A NinjaOne delivery is not JSON.") from None


def _number(value: int | None) -> str:
    return str(value) if value is not None and value > 0 else ""
