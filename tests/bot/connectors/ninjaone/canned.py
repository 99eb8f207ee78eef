"""A vendor made of canned answers, shaped by the public description; every request it gets is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from bot.connectors.ninjaone import NinjaOne, NinjaOneConfig

START = datetime(2026, 11, 16, 22, 30, tzinfo=UTC)
SECRET = "not-for-any-log"

Handler = Callable[[httpx.Request], httpx.Response]


def at(minutes: float) -> float:
    """Epoch seconds so many minutes after START, as the vendor writes them."""
    return (START + timedelta(minutes=minutes)).timestamp()


class VirtualTime:
    """A clock that only sleeping moves; it keeps every sleep."""

    def __init__(self) -> None:
        self.at = START
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.at += timedelta(seconds=seconds)


def config(**changes: Any) -> NinjaOneConfig:
    """An account on an address that leads nowhere."""
    settings: dict[str, Any] = {
        "base_url": "https://ninja.example.test",
        "client_id": "ringmaster",
        "client_secret": SECRET,
        "webhook_secret": "agreed-word",
        "page_size": 2,
    }
    return NinjaOneConfig(**(settings | changes))


def device(number: int, **changes: Any) -> dict[str, Any]:
    """A detailed device as the description has it."""
    row: dict[str, Any] = {
        "id": number,
        "organizationId": 7,
        "locationId": 11,
        "nodeClass": "WINDOWS_WORKSTATION",
        "approvalStatus": "APPROVED",
        "offline": False,
        "displayName": f"ACORN-PC{number}",
        "lastContact": at(-1) + 0.25,
        "tags": ["accounting"],
        "references": {
            "location": {"id": 11, "name": "Harbour office"},
            "role": {"name": "Windows Desktop", "chassisType": "DESKTOP"},
        },
    }
    return row | changes


def patch(number: int, kb: str, status: str, **changes: Any) -> dict[str, Any]:
    """A row of either patch query."""
    row: dict[str, Any] = {
        "deviceId": number,
        "kbNumber": f"KB{kb}",
        "name": f"Invented update (KB{kb})",
        "severity": "CRITICAL",
        "status": status,
        "type": "SECURITY_UPDATES",
        "timestamp": at(-5),
    }
    return row | changes


class CannedVendor:
    """Answers from tables; a test changes a table, or puts its own handler on a path."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.handlers: dict[tuple[str, str], Handler] = {}
        self.tokens_given = 0
        self.lists: dict[str, list[dict[str, Any]]] = {
            "/v2/organizations": [
                {"id": 7, "name": "Acorn Joinery"},
                {"id": 9, "name": "Birch Dental"},
                {"id": 12, "name": "Cedar Law"},
            ],
            "/v2/devices-detailed": [device(101), device(102, offline=True), device(103)],
            "/v2/locations": [{"id": 11, "name": "Harbour office", "organizationId": 7}],
        }
        self.queries: dict[str, list[dict[str, Any]]] = {
            "operating-systems": [
                {
                    "deviceId": n,
                    "name": "Windows 11 Pro",
                    "buildNumber": "26100",
                    "needsReboot": False,
                    "lastBootTime": at(-600),
                    "timestamp": at(-5),
                }
                for n in (101, 102, 103)
            ],
            "computer-systems": [{"deviceId": 103, "chassisType": "Notebook", "timestamp": at(-5)}],
            "os-patches": [patch(n, "5099901", "MANUAL") for n in (101, 102, 103)],
            "os-patch-installs": [patch(101, "5088800", "INSTALLED", installedAt=at(-40_000))],
            "device-health": [{"deviceId": n, "healthStatus": "HEALTHY"} for n in (101, 102, 103)],
        }
        self.log: list[dict[str, Any]] = []
        self.plain: dict[str, Any] = {
            "/v2/alerts": [],
            "/v2/policies": [],
            "/v2/device/101/jobs": [],
            "/v2/device/101": device(101),
            "/v2/automation/scripts": [
                {"id": 17, "name": "Ringmaster install KB", "active": True},
                {"id": 18, "name": "Ringmaster uninstall KB", "active": True},
            ],
        }

    def on(self, method: str, path: str, handler: Handler) -> None:
        """Let one path answer differently."""
        self.handlers[(method, path)] = handler

    def sent(self, method: str, path: str) -> list[httpx.Request]:
        """The requests that reached one path."""
        return [r for r in self.requests if (r.method, r.url.path) == (method, path)]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path
        special = self.handlers.get((request.method, path))
        if special is not None:
            return special(request)
        if path == "/ws/oauth/token":
            return self.token()
        if request.headers.get("Authorization") != f"Bearer token-{self.tokens_given}":
            return httpx.Response(401, json={"error": "invalid_token"})
        if request.method != "GET":
            return httpx.Response(204)
        return self.answer_read(path, dict(request.url.params))

    def token(self, **changes: Any) -> httpx.Response:
        """A fresh token; the one before stops working."""
        self.tokens_given += 1
        row: dict[str, Any] = {
            "access_token": f"token-{self.tokens_given}",
            "expires_in": 3600,
            "scope": "monitoring management control",
            "token_type": "Bearer",
        }
        return httpx.Response(200, json=row | changes)

    def answer_read(self, path: str, params: dict[str, str]) -> httpx.Response:
        """A page by the scheme of the path."""
        if path in self.lists:
            after, size = int(params.get("after", 0)), int(params["pageSize"])
            rows = [row for row in self.lists[path] if row["id"] > after]
            return httpx.Response(200, json=rows[:size])
        if path.startswith("/v2/queries/"):
            rows = self.queries[path.rsplit("/", 1)[1]]
            start, size = int(params.get("cursor", "c-0")[2:]), int(params["pageSize"])
            page = rows[start : start + size]
            cursor = {"name": f"c-{start + size}", "offset": start, "count": len(page), "expires": at(600)}
            return httpx.Response(200, json={"cursor": cursor, "results": page})
        if path.endswith("/activities"):
            older = int(params.get("olderThan", 10**9))
            rows = sorted((r for r in self.log if r["id"] < older), key=lambda r: -r["id"])
            return httpx.Response(
                200, json={"lastActivityId": 10**9, "activities": rows[: int(params["pageSize"])]}
            )
        if path in self.plain:
            return httpx.Response(200, json=self.plain[path])
        return httpx.Response(404, json={"resultCode": "FAILURE", "errorMessage": "not_found"})


def connector(vendor: Handler, time: VirtualTime, **changes: Any) -> NinjaOne:
    """The connector on a canned vendor, with a coin that always falls in the middle."""
    return NinjaOne(
        config(**changes),
        now=time.now,
        sleep=time.sleep,
        chance=lambda: 0.5,
        transport=httpx.MockTransport(vendor),
    )


def body_of(request: httpx.Request) -> Any:
    """The JSON that was sent."""
    return json.loads(request.content)
