"""A house with one vendor account, its public port on loopback, and a client that speaks raw bytes."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx

from bot.connectors.ninjaone import NinjaOne
from bot.connectors.port import RmmConnector, TenantReader
from bot.core.directory import Account, Client, MapOrganisation, RegisterAccount, RegisterClient
from bot.core.envelope import HOUSE, Actor
from bot.core.ports import InboxItem, Store
from bot.core.vocabulary import Message
from bot.surfaces.port import Door
from bot.web import TALLY, Limits, open_public, public_app
from handlers.inbox import Digested, digest_item, drain_inbox
from handlers.office import Office
from store.memory import MemoryStore
from tests.bot.connectors.ninjaone.canned import VirtualTime, config

T = TypeVar("T")

ACCOUNT = "ninja-eu"
SECRET = {"X-Hook-Token": "agreed-word"}
NOW = datetime(2026, 11, 16, 22, 45, tzinfo=UTC)
ADMIN = Actor(kind="admin", id="setup", proof="command-line")
MAPPED = {"7": "acorn", "8": "birch"}


def office_on(store: Store) -> Office:
    """An office whose house knows two clients and one account that serves both."""
    numbers = iter(range(1_000_000))
    letters = iter(range(1_000_000))
    office = Office(
        store=store,
        now=lambda: NOW,
        new_id=lambda: f"id{next(numbers)}",
        pick=lambda signs: signs[next(letters) * 7 % len(signs)],
        button_key=lambda tenant: b"k" * 32,
    )
    tell: tuple[Message, ...] = (
        *(RegisterClient(client=Client(tenant=name, title=name.title())) for name in MAPPED.values()),
        RegisterAccount(account=Account(id=ACCOUNT, connector="ninjaone")),
        *(MapOrganisation(account=ACCOUNT, organisation=o, tenant=t) for o, t in MAPPED.items()),
    )
    for message in tell:
        office.transact(office.frame(HOUSE, ADMIN), message)
    return office


def fresh_store(store: Store | None = None) -> Store:
    """A store with the house and its two clients."""
    made = store or MemoryStore()
    for tenant in (HOUSE, *MAPPED.values()):
        made.create(tenant)
    return made


def ninjaone(webhook_secret: str = "agreed-word") -> NinjaOne:
    """A real connector whose vendor is never reached."""
    time = VirtualTime()
    unreachable = httpx.MockTransport(lambda request: httpx.Response(503))
    settings = config(webhook_secret=webhook_secret)
    return NinjaOne(settings, now=time.now, sleep=time.sleep, chance=lambda: 0.5, transport=unreachable)


class House:
    """Implements `bot.edge.ports.Edge`, with faults to order."""

    def __init__(self, store: Store | None = None) -> None:
        self.office = office_on(fresh_store(store))
        self.accounts: dict[str, RmmConnector] = {ACCOUNT: ninjaone()}
        self.readers: dict[tuple[str, str], TenantReader] = {}
        self.chat: dict[str, Door] = {}
        self.missing: tuple[str, ...] = ()
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None
        self.thread = ThreadPoolExecutor(1)

    def connector(self, account: str) -> RmmConnector | None:
        return self.accounts.get(account)

    def doors(self) -> dict[str, Door]:
        return self.chat

    def reader(self, tenant: str, connector: str) -> TenantReader | None:
        return self.readers.get((tenant, connector))

    async def in_worker(self, function: Callable[..., T], *args: Any) -> T:
        def carry() -> T:
            self.before()
            result = function(*args)
            self.after()
            return result

        return await asyncio.get_running_loop().run_in_executor(self.thread, carry)

    def now(self) -> datetime:
        return NOW

    def ready(self) -> tuple[str, ...]:
        return self.missing

    def counters(self) -> dict[str, int]:
        with self.office.store.read(HOUSE) as uow:
            return {name: n for name, n in uow.counters().items() if "deliver" in name or "inbox" in name}

    def inbox(self, *states: str) -> list[InboxItem]:
        with self.office.store.read(HOUSE) as uow:
            return uow.inbox(states or ("new", "done", "parked"), 1000)

    def digest(self, item: InboxItem) -> Digested:
        return digest_item(self.office, item)

    def drain(self) -> Any:
        return drain_inbox(self.office, self.digest)


class Port:
    """The public port as somebody outside sees it."""

    def __init__(self, house: House, port: int, tally: Any) -> None:
        self.house = house
        self.number = port
        self._tally = tally

    async def counts(self) -> dict[str, int]:
        """The house's counters, with those that were still in hand."""
        await self._tally.flush()
        return self.house.counters()

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.number)

    async def raw(self, sent: bytes) -> Reply:
        """Send exactly these bytes and read the first answer."""
        reader, writer = await self.open()
        try:
            writer.write(sent)
            return await read_reply(reader, bodiless=sent.startswith(b"HEAD"))
        finally:
            writer.close()

    async def get(self, path: str, method: str = "GET", **headers: str) -> Reply:
        return await self.raw(head(method, path, headers))

    async def post(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> Reply:
        fields = {"Content-Length": str(len(body)), **(SECRET if headers is None else headers)}
        return await self.raw(head("POST", path, fields) + body)

    async def deliver(self, body: bytes, headers: dict[str, str] | None = None) -> Reply:
        return await self.post(f"/in/house/{ACCOUNT}", body, headers)


class Reply:
    """Status, headers with small names, and body of one answer."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def shape(self) -> tuple[int, list[tuple[str, str]], bytes]:
        """Everything but the date."""
        return self.status, sorted((k, v) for k, v in self.headers.items() if k != "date"), self.body


async def read_reply(reader: asyncio.StreamReader, *, bodiless: bool = False) -> Reply:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:] if line)}
    length = 0 if bodiless else int(headers.get("content-length", 0))
    return Reply(int(lines[0].split()[1]), headers, await reader.readexactly(length))


def head(method: str, path: str, headers: dict[str, str]) -> bytes:
    fields = {"Host": "hooks.example.test"} | headers
    return "\r\n".join(
        [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items()), "", ""]
    ).encode()


@asynccontextmanager
async def public_port(house: House, limits: Limits | None = None) -> AsyncIterator[Port]:
    """The port, open on loopback for as long as the block runs."""
    chosen = limits or Limits()
    app = public_app(house, chosen)
    runner = await open_public(app, "127.0.0.1", 0, chosen)
    try:
        yield Port(house, runner.addresses[0][1], app[TALLY])
    finally:
        await runner.cleanup()
        house.thread.shutdown()


def hold(gate: threading.Event) -> None:
    """Keep the worker thread until the test opens the gate."""
    assert gate.wait(10)


def activity(number: int = 40021, **changes: Any) -> bytes:
    """One delivery in the vendor's shape."""
    words: dict[str, Any] = {
        "id": number,
        "activityTime": 1794868890.5,
        "deviceId": 101,
        "activityType": "PATCH_MANAGEMENT",
        "statusCode": "PATCH_MANAGEMENT_INSTALL_FAILED",
        "device": {"id": 101, "organizationId": 7},
    }
    return json.dumps(words | changes).encode()
