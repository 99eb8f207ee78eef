"""The simulator's control door, over HTTP: its clock, its truth, and what happens in the RMM's own pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import httpx

from bot.cli.story.record import moment

CONTROL_TOKEN: Final = "twin-control"  # noqa: S105 - the invented fleet's own, on loopback
SECONDS: Final = 30.0


class Door:
    """For the story only; the bot never comes through here."""

    def __init__(self, url: str) -> None:
        self.url = url
        headers = {"X-Twin-Token": CONTROL_TOKEN}
        self._client = httpx.AsyncClient(base_url=url, headers=headers, timeout=SECONDS, trust_env=False)
        self._seen = 0
        self._is_news = True

    async def next_due(self) -> datetime | None:
        """When something happens next in the simulator's world."""
        due = (await self._get("/_twin/clock"))["next_due"]
        return moment(due) if due else None

    async def advance(self, to: datetime) -> None:
        """Move the simulator's clock; it counts in whole seconds."""
        whole = to.astimezone(UTC).replace(microsecond=0)
        answer = await self._post("/_twin/advance", {"to": int(whole.timestamp())})
        self._is_news = self._is_news or answer["ran"] > 0

    async def news(self) -> list[dict[str, Any]]:
        """What really happened since the last look; between two moments of that world nothing does."""
        if not self._is_news:
            return []
        self._is_news = False
        answer = await self._get("/_twin/log", after=self._seen, kind="effect")
        self._seen = answer["last"]
        effects: list[dict[str, Any]] = answer["entries"]
        return effects

    async def devices(self) -> dict[str, dict[str, Any]]:
        """Every device with its hidden parts."""
        truth = await self._get("/_twin/truth")
        return {str(number): device for number, device in truth["devices"].items()}

    async def hide_defect(self, **defect: Any) -> None:
        """A fault of an update that no answer of the vendor's API shows."""
        await self._post("/_twin/defect", defect)

    async def approve(self, device: str, kb: str, approval: str) -> None:
        """Somebody decides about a patch in the RMM's own pages."""
        await self._post("/_twin/approve", {"device_id": int(device), "kb": kb, "approval": approval})

    async def switch(self, device: str, *, online: bool) -> None:
        """Somebody takes a machine away or leaves it on."""
        await self._post("/_twin/device", {"device_id": int(device), "online": online})

    async def close(self) -> None:
        """Give the connection back."""
        await self._client.aclose()

    async def _get(self, path: str, **query: Any) -> Any:
        return (await self._client.get(path, params=query)).raise_for_status().json()

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        self._is_news = self._is_news or path != "/_twin/advance"
        return (await self._client.post(path, json=body)).raise_for_status().json()
