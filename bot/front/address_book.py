"""What a chat surface may ask of the house when it shows a card: accounts, addresses, clocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.core.directory import MoveConversation
from bot.core.envelope import BOT, HOUSE
from bot.front.chat_desk import NO_ZONE
from bot.runner.services import Services
from bot.surfaces.port import Contact


class HouseBook:
    """Implements `AddressBook` on the house's directory."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def contacts(self, surface: str, people: Sequence[str]) -> Mapping[str, Contact]:
        """Person id -> their account on this surface; who has several is called by the first linked."""
        directory = await self._services.in_worker(self._services.office.directory)
        found: dict[str, Contact] = {}
        for person in people:
            accounts = directory.accounts_of(person, surface)
            if accounts and person in directory.people:
                found[person] = Contact(identity=accounts[0], name=directory.people[person].name)
        return found

    async def address(self, conversation: str) -> str:
        """How the place is reached."""
        directory = await self._services.in_worker(self._services.office.directory)
        known = directory.conversations.get(conversation)
        return known.address if known else ""

    async def addresses(self, surface: str, realm: str) -> Sequence[str]:
        """Known addresses of places in this realm."""
        directory = await self._services.in_worker(self._services.office.directory)
        start = f"{surface}:{realm}:"
        return tuple(
            place.address
            for place in directory.conversations.values()
            if place.address and place.id.startswith(start)
        )

    async def moved(self, conversation: str, address: str) -> None:
        """The place is reached by this address from now on."""
        office = self._services.office
        message = MoveConversation(conversation=conversation, address=address)
        await self._services.in_worker(lambda: office.transact(office.frame(HOUSE, BOT), message))

    async def zone(self, tenant: str) -> str:
        """The client's clock."""
        known = await self._services.in_worker(self._services.office.tenant, tenant)
        return known.policy.zone if known else NO_ZONE
