"""The desk: whoever is asked while time passes reads the card and answers it, once."""

from __future__ import annotations

from bot.cli.story.looks import CLIENTS, Looks
from bot.cli.story.world import World
from bot.core.gates import Gate
from bot.core.pages import Page


class Desk:
    """Promotions and rollbacks are answered with yes; a page is taken by the person who was called."""

    def __init__(self, world: World, looks: Looks) -> None:
        self._looks = looks
        self.dana, self.sam, self.lee, self.mia = (
            world.stage.person(world, name) for name in ("dana", "sam", "lee", "mia")
        )
        self._people = {person.id: person for person in (self.dana, self.sam, self.lee, self.mia)}
        self._seen: set[tuple[str, str]] = set()

    async def look(self) -> None:
        """Answer what is new."""
        for tenant in CLIENTS:
            if await self._looks.suspended(tenant):
                continue
            for page in await self._looks.pages(tenant):
                if self._is_new(tenant, page.id):
                    await self._take(tenant, page)
            for gate in await self._looks.gates(tenant):
                if self._is_new(tenant, gate.id):
                    await self._answer(tenant, gate)

    def _is_new(self, tenant: str, id: str) -> bool:
        """Two clients' things may have equal ids."""
        known = (tenant, id) in self._seen
        self._seen.add((tenant, id))
        return not known

    async def _take(self, tenant: str, page: Page) -> None:
        person = self._people.get(page.person)
        place = f"dm-{page.person}" if person else tenant
        person = person or self.dana
        await person.sees(place, f"page:{page.id}")
        await person.presses(place, f"page:{page.id}", "take")

    async def _answer(self, tenant: str, gate: Gate) -> None:
        """Whether to go on after failures is left open: either more evidence comes, or time runs out."""
        key = f"gate:{gate.id}"
        await self.sam.sees(tenant, key)
        if gate.question.purpose in ("promote", "rollback"):
            await self.sam.presses(tenant, key, "approve", "go-on")
