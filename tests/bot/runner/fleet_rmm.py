"""An RMM that lists devices, for what begins with a reading of the fleet."""

from __future__ import annotations

from typing_extensions import override

from bot.core.actions import DeviceClass, DeviceSnapshot, FleetRead, PendingPatch, ScanPatches
from tests.bot.runner.runner_bench import FakeRmm
from tests.builders import waiting


class RmmWithFleet(FakeRmm):
    """Lists two PCs of Contoso with the same patches each."""

    pending: tuple[PendingPatch, ...] = (waiting(),)

    @override
    async def read_fleet(self, organisation_id: str) -> FleetRead:
        names = ("d1", "d2") if organisation_id == "o1" else ()
        return FleetRead(
            organisation_id=organisation_id,
            read_at=self._now(),
            devices=tuple(self._snapshot(name) for name in names),
        )

    def _snapshot(self, name: str) -> DeviceSnapshot:
        return DeviceSnapshot(
            device_id=name,
            organisation_id="o1",
            name=name.upper(),
            device_class=DeviceClass.WORKSTATION,
            role="office",
            os_name="Windows 11",
            os_build="26100",
            site="hq",
            online=True,
            pending=self.pending,
        )

    def scans(self) -> list[str]:
        """Devices on which a scan took effect, in order."""
        return [action.device_id for action in self.done if isinstance(action, ScanPatches)]
