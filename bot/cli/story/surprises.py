"""What the world does to the plan: hidden defects, a patch approved elsewhere, a laptop that is gone."""

from __future__ import annotations

from typing import Any, Final

from bot.cli.story.looks import Looks, later_targets
from bot.cli.story.world import World
from bot.core.rollout.state import Rollout

CONTOSO_ID, FABRIKAM_ID = 1, 2
SOONEST_MINUTES, LATEST_MINUTES = 5, 20
"""A bad update shows well within the soak of half an hour."""
PREPARED: Final = 4

Devices = dict[str, dict[str, Any]]


class Surprises:
    """Drawn from the seed; the bot learns of none of them but through the vendor's API."""

    def __init__(self, world: World, looks: Looks) -> None:
        self._world = world
        self._looks = looks

    async def before_the_first_reading(self) -> None:
        """The hidden defect of every update at one client, and some patches not yet approved at the other."""
        devices = await self._world.door.devices()
        await self._hide_the_defect(devices)
        for device in self._drawn(self._pcs(devices, CONTOSO_ID), PREPARED):
            for kb, approval in devices[device]["pending"].items():
                if approval == "APPROVED":
                    await self._world.door.approve(device, kb, "MANUAL")

    async def _hide_the_defect(self, devices: Devices) -> None:
        """Every PC of Fabrikam gets sick some minutes after the restart; all of them are switched on."""
        struck = self._pcs(devices, FABRIKAM_ID)
        minutes = SOONEST_MINUTES + int(self._world.clock.chance() * (LATEST_MINUTES - SOONEST_MINUTES))
        await self._world.door.hide_defect(
            kind="unhealthy_after", device_ids=[int(device) for device in struck], after_minutes=minutes
        )
        for device in struck:
            await self._world.door.switch(device, online=True)

    @staticmethod
    def _pcs(devices: Devices, organisation: int) -> list[str]:
        return sorted(
            number
            for number, device in devices.items()
            if device["organisation_id"] == organisation
            and device["device_class"] in ("workstation", "laptop")
            and "self-patching" not in device["tags"]
        )

    def _drawn(self, numbers: list[str], count: int) -> list[str]:
        """Some of them, by the seed."""
        left = list(numbers)
        drawn: list[str] = []
        while left and len(drawn) < count:
            drawn.append(left.pop(int(self._world.clock.chance() * len(left))))
        return drawn

    async def approve_elsewhere(self, rollout: Rollout) -> str:
        """A second patch is approved in the RMM's own pages on one planned device; its id."""
        devices = await self._world.door.devices()
        for target in [*later_targets(rollout, "workstation"), *rollout.offer.targets]:
            pending = devices[target.device_id]["pending"]
            waiting = [kb for kb, approval in sorted(pending.items()) if approval == "MANUAL"]
            others = [kb for kb in waiting if kb != target.kb]
            if others:
                await self._approve(target.device_id, target.name, others[0])
                return target.device_id
        target = rollout.offer.targets[-1]
        await self._approve(target.device_id, target.name, target.kb)
        return target.device_id

    async def _approve(self, device: str, name: str, kb: str) -> None:
        await self._world.door.approve(device, kb, "APPROVED")
        self._world.told.note(f"In NinjaOne somebody approves KB{kb} on {name}, past the bot.")

    async def take_laptop_away(self, rollout: Rollout) -> str:
        """One laptop of a later ring goes on a journey; its id, or nothing when no laptop is planned."""
        laptops = later_targets(rollout, "laptop")
        if not laptops:
            return ""
        chosen = laptops[int(self._world.clock.chance() * len(laptops))]
        await self._world.door.switch(chosen.device_id, online=False)
        self._world.told.note(f"{chosen.name} is switched off and goes on a journey.")
        return chosen.device_id
