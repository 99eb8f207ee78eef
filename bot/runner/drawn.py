"""What every drawing of a thing shares: the card with its place, signed buttons, names."""

from __future__ import annotations

import msgspec

from bot.core.buttons import NO_OFFER, ButtonValue, write
from bot.core.directory import Directory
from bot.runner.services import Services
from cards.model import Card


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A card with what the runner must know to place it."""

    card: Card
    version: int
    channel: bool = True
    """True when it belongs into the client's channel as well."""
    persons: tuple[str, ...] = ()
    gate: str = ""
    offer_digest: str = ""


def buttons(
    services: Services, tenant: str, subject: str, verbs: list[str], offer8: str = NO_OFFER
) -> dict[str, str]:
    """Verb -> signed value, for exactly this thing of exactly this client."""
    key = services.office.button_key(tenant)
    return {
        verb: write(ButtonValue(tenant=tenant, subject=subject, verb=verb, offer8=offer8), key)
        for verb in verbs
    }


def client_title(directory: Directory, tenant: str) -> str:
    """The client as people say it."""
    client = directory.clients.get(tenant)
    return client.title if client else tenant


def people_names(directory: Directory) -> dict[str, str]:
    """Person id -> name."""
    return {person.id: person.name for person in directory.people.values()}
