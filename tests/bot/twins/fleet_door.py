"""Test client of the fleet twin: logs in, calls, and holds every answer against the vendor's description."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from aiohttp.test_utils import TestClient, TestServer
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from bot.twins.fleet.server import build_app
from bot.twins.fleet.twin import Twin, TwinOptions

START = "2026-11-16T08:00:00Z"
START_S = 1_794_816_000
SHARED = Path(__file__).resolve().parents[4] / "shared"
DESCRIPTION = SHARED / "samples" / "ninjaone" / "spec" / "public-api-2.0.extract.openapi.json"
NO_DESCRIPTION = "the vendor's description is not beside the repository"
ALL_SCOPES = "monitoring management control"
INSTALL, UNINSTALL = 101, 102
WIN11_KB, NET_KB = "5099901", "5099903"


@functools.cache
def contract() -> OpenAPI | None:
    """The vendor's description, when it is there."""
    return OpenAPI.from_file_path(str(DESCRIPTION)) if DESCRIPTION.exists() else None


class Answer(msgspec.Struct, kw_only=True):
    """Status, decoded body and headers of one call."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Door:
    """A logged-in API client of one twin, and its control door."""

    def __init__(self, twin: Twin, client: TestClient[Any, Any]) -> None:
        self.twin = twin
        self.client = client
        self.headers: dict[str, str] = {}

    async def token(self, **form: str) -> Answer:
        """Ask for a token."""
        options = self.twin.options
        fields = {
            "grant_type": "client_credentials",
            "client_id": options.client_id,
            "client_secret": options.client_secret,
            "scope": ALL_SCOPES,
        }
        async with self.client.post("/ws/oauth/token", data=fields | form) as answer:
            return Answer(status=answer.status, body=await answer.json(), headers=dict(answer.headers))

    async def log_in(self, scope: str = ALL_SCOPES) -> None:
        """Take a new token for what follows."""
        answer = await self.token(scope=scope)
        self.headers = {"Authorization": f"Bearer {answer.body['access_token']}"}

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, str] | None = None,
        as_described: bool = True,
    ) -> Answer:
        """Call the vendor API; request and a good answer must fit the description."""
        raw = json.dumps(body).encode() if body is not None else None
        headers = self.headers | ({"Content-Type": "application/json"} if raw else {})
        async with self.client.request(
            method, path, params=dict(params or {}), data=raw, headers=headers
        ) as answer:
            data, kind = await answer.read(), answer.content_type
            result = Answer(
                status=answer.status,
                body=json.loads(data) if data else None,
                headers=dict(answer.headers),
            )
        if as_described:
            _hold_against_description(method, path, params or {}, raw, result.status, data, kind)
        return result

    async def get(self, path: str, **params: str) -> Any:
        """The body of a good GET."""
        answer = await self.call("GET", path, params=params)
        assert answer.status == 200, answer
        return answer.body

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """The body of a good control call."""
        headers = {"X-Twin-Token": self.twin.options.control_token}
        async with self.client.request(method, f"/_twin/{path}", json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def advance(self, minutes: int) -> None:
        """Let virtual time pass and renew the token, which lives an hour."""
        await self.control("POST", "advance", {"to": self.twin.world.now_s + minutes * 60})
        await self.log_in()

    async def run_script(self, device_id: int, script_id: int, parameters: str) -> Answer:
        """Start a library script on a device."""
        body = {"type": "SCRIPT", "id": script_id, "parameters": parameters}
        return await self.call("POST", f"/v2/device/{device_id}/script/run", body)

    async def install(self, device_id: int, kb: str = WIN11_KB, key: str = "k1") -> None:
        """Install one update by script and let an hour pass."""
        assert (await self.run_script(device_id, INSTALL, f"-Kb {kb} -Key {key}")).status in (200, 204)
        await self.advance(60)

    async def reboot(self, device_id: int, reason: str = "after update") -> None:
        """Restart and let a quarter of an hour pass."""
        answer = await self.call("POST", f"/v2/device/{device_id}/reboot/NORMAL", {"reason": reason})
        assert answer.status == 204
        await self.advance(15)

    async def effects(self, device_id: int | None = None) -> list[str]:
        """What really happened, in order: of one device without its name."""
        entries = (await self.control("GET", "log?kind=effect"))["entries"]
        return [
            f"{entry['effect']} {entry['kb']}".strip()
            for entry in entries
            if device_id in (None, entry["device_id"])
        ]

    async def online_pcs(self, product: str = "Windows 11") -> list[int]:
        """Ids of workstations that stay on and that nobody but us patches."""
        truth = await self.control("GET", "truth")
        chosen = []
        for device in truth["devices"].values():
            fits = device["device_class"] == "workstation" and device["product"].startswith(product)
            if fits and "self-patching" not in device["tags"] and device["disk_free_mb"] > 5_000:
                await self.control("POST", "device", {"device_id": device["id"], "online": True})
                chosen.append(device["id"])
        return chosen


def _hold_against_description(
    method: str,
    path: str,
    params: Mapping[str, str],
    raw: bytes | None,
    status: int,
    data: bytes,
    kind: str,
) -> None:
    description = contract()
    if description is None:
        return
    request = MockRequest("http://localhost", method.lower(), path, args=dict(params), data=raw)
    description.validate_request(request)
    if status == 200:
        description.validate_response(request, MockResponse(data, status_code=status, content_type=kind))


async def open_door(**options: Any) -> Door:
    """Start a twin on virtual time and log in."""
    twin = Twin(TwinOptions(start_s=START_S, **options), lambda: 0.0)
    client: TestClient[Any, Any] = TestClient(TestServer(build_app(twin)))
    await client.start_server()
    door = Door(twin, client)
    await door.log_in()
    return door
