"""The real program with a policy of seconds instead of days, run as a process that tests may kill.

Nothing in here knows when it will be killed. Arguments: data directory, address of the fleet simulator, port
of the console, a moment of the wall's clock (Unix seconds) and the world's time at that moment; then, if the
bot shall be on a chat platform, a JSON file with `Chat`.
"""

from __future__ import annotations

import asyncio
import sys
import time
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from bot.app import Ringmaster, ninjaone
from bot.cli.sample import SAMPLE_HOUSE, SAMPLE_INTEL, import_feeds
from bot.clock import SystemClock
from bot.edge.listening import open_public
from bot.opening import open_office
from bot.settings import NinjaOneSettings, Settings
from bot.surfaces.console.site import open_console
from bot.surfaces.slack.config import SlackConfig
from bot.surfaces.teams.config import TeamsConfig
from bot.web import DEFAULTS, public_app
from handlers.provision import parse_house, provision
from store.intel import IntelStore

QUICK: dict[str, Any] = {
    "caps": {"concurrent": 6},
    "rings": [
        {"name": "canary", "count": 3, "soak_seconds": 1},
        {"name": "early adopter", "share_pm": 300, "soak_seconds": 1},
        {"name": "general availability", "soak_seconds": 1},
    ],
}
TICK_SECONDS = 0.1
SPEED = 5
"""World seconds per second of the wall, for the simulator and the bot alike."""


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """One chat platform: where deliveries come in, how the bot signs in, who and what is there."""

    port: int
    slack: SlackConfig | None = None
    teams: TeamsConfig = TeamsConfig()
    accounts: dict[str, str] = {}
    """Person -> account."""
    channels: dict[str, str] = {}
    """Client -> conversation."""


class WorldClock(SystemClock):
    """Real chance, and the simulator's time."""

    def __init__(self, wall: float, world: datetime) -> None:
        self._wall, self._world = wall, world

    def now(self) -> datetime:  # type: ignore[explicit-override]  # typing.override needs 3.12
        """The world's time, told from the wall's clock and one moment at which both were known."""
        return self._world + timedelta(seconds=(time.time() - self._wall) * SPEED)


def house(chat: Chat | None) -> Any:
    """The sample house with the quick policy, and with a channel for each client on the platform."""
    raw = tomllib.loads(SAMPLE_HOUSE.read_text(encoding="utf-8"))
    for client in raw["clients"].values():
        client["policy"] = {**client.get("policy", {}), **QUICK}
    for person, account in chat.accounts.items() if chat else ():
        raw["people"][person]["accounts"] = [account]
    for client, place in chat.channels.items() if chat else ():
        surface = place.partition(":")[0]
        raw["conversations"][place] = {
            "kind": "client",
            "title": client,
            "tenants": [client],
            "surface": surface,
        }
    templates = {
        file.stem: tomllib.loads(file.read_text(encoding="utf-8"))
        for file in SAMPLE_HOUSE.parent.glob("policy-*.toml")
    }
    plan, mistakes = parse_house(raw, templates)
    if plan is None:
        raise SystemExit("\n".join(mistakes))
    return plan


async def serve(data_dir: Path, url: str, port: int, clock: SystemClock, chat: Chat | None) -> None:
    """Until killed."""
    account = NinjaOneSettings(
        account="ninjaone",
        base_url=url,
        client_id="twin-client",
        client_secret="twin-secret",
        poll_seconds=30,
    )
    settings = Settings(
        data_dir=data_dir,
        key_file=data_dir.with_name("keys.json"),
        console_port=port,
        ninjaone=(account,),
    )
    if chat is not None:
        settings = msgspec.structs.replace(settings, port=chat.port, slack=chat.slack, teams=chat.teams)
    opened = open_office(settings, clock, lock=True)
    intel = IntelStore(data_dir / "intel.db")
    provision(opened.office, house(chat))
    import_feeds(intel, SAMPLE_INTEL)
    app = Ringmaster(settings, opened, clock, intel, {"ninjaone": ninjaone(account, clock)})
    await app.go_live()
    if chat is not None:
        await open_public(public_app(app), settings.host, settings.port, DEFAULTS)
    await open_console(app.console(), port)
    await app.watch_fleets()
    print("ready", flush=True)
    wakes = asyncio.get_running_loop().create_task(app.serve_wakes())
    while not wakes.done():
        await app.tick()
        await asyncio.sleep(TICK_SECONDS)


if __name__ == "__main__":
    world_clock = WorldClock(float(sys.argv[4]), datetime.fromisoformat(sys.argv[5]))
    on_chat = msgspec.json.decode(Path(sys.argv[6]).read_bytes(), type=Chat) if sys.argv[6:] else None
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), world_clock, on_chat))
