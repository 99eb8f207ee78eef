"""`simulate-teams`: run the Teams twin, a server that stands in for Teams, the Bot Connector and the login.

The first line printed is {"url": ..., "pid": ...}, then what to set for the bot, then the names and ids of
the sample tenant; the server then runs until it is told to stop. It is driven through /_control/.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from typing import Final

import msgspec

from bot.cli import worldly
from bot.cli.playing import Stage, to_paste
from bot.cli.stopping import told_to_stop
from bot.clock import SystemClock
from bot.twins.teams.control import TOKEN_HEADER, address_book, arrange
from bot.twins.teams.sample import SAMPLE
from bot.twins.teams.server import serving
from bot.twins.teams.service import Teams, TeamsOptions

SETTINGS_FILE: Final = "teams.toml"
BOT_URL: Final = "http://127.0.0.1:3978/api/messages"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    known = TeamsOptions()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--port", type=int, default=0, help="0 takes any free port; the first line says which"
    )
    parser.add_argument("--bot-url", default=BOT_URL, help="where the bot takes activities")
    parser.add_argument("--app-id", default=known.app_id)
    parser.add_argument("--app-password", default=known.app_password)
    parser.add_argument("--tenant-id", default=known.tenant_id)
    parser.add_argument("--control-token", default=known.control_token)
    parser.add_argument(
        "--anonymous", action="store_true", help="no tokens either way; the bot has no app id"
    )
    worldly.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped; 2 when it cannot listen."""
    options = TeamsOptions(
        tenant_id=args.tenant_id,
        app_id=args.app_id,
        app_password=args.app_password,
        control_token=args.control_token,
        anonymous=args.anonymous,
    )
    try:
        now = worldly.world_clock(args)
    except ValueError as fault:
        print(f"simulate-teams: {fault}", file=sys.stderr)
        return 2
    # Whoever checks a token looks at the wall's clock, whatever time it is in the world.
    teams = Teams(options, now=now, wall=SystemClock().now)
    teams.deliveries.bot_url = args.bot_url
    arrange(teams, SAMPLE)
    try:
        asyncio.run(_serve(teams, args.host, args.port))
    except OSError as fault:
        print(f"simulate-teams: cannot listen on {args.host}:{args.port}: {fault}", file=sys.stderr)
        return 2
    return 0


async def _serve(teams: Teams, host: str, port: int) -> None:
    stop = told_to_stop()
    async with serving(teams, host, port) as url:
        print(msgspec.json.encode({"url": url, "pid": os.getpid()}).decode())
        print(
            "\n".join((*_to_set(teams), *to_paste(stage(teams)), "# everybody and everything, for programs:"))
        )
        print(msgspec.json.encode(address_book(teams)).decode(), flush=True)
        await stop.wait()


def _to_set(teams: Teams) -> list[str]:
    """The bot's settings that belong to this service; none where nobody shows a token."""
    options = teams.options
    if options.anonymous:
        return ["# no app id: the bot talks to loopback only", f"# service URL: {teams.service_url}"]
    return [
        f"MICROSOFT_APP_ID={options.app_id}",
        f"MICROSOFT_APP_PASSWORD={options.app_password}",
        f"MICROSOFT_APP_TENANT_ID={options.tenant_id}",
        "MICROSOFT_APP_TYPE=SingleTenant",
        f"# service URL: {teams.service_url}",
        "# all of it, and where keys and tokens come from; in a second terminal, and then there: make run",
        f"cat > {SETTINGS_FILE} <<'END'",
        "[teams]",
        f'app_id = "{options.app_id}"',
        f'app_password = "{options.app_password}"',
        f'app_tenant_id = "{options.tenant_id}"',
        f'openid_url = "{teams.url}/openid"',
        f'login_url = "{teams.url}"',
        "END",
        f"export RINGMASTER_CONFIG={SETTINGS_FILE}",
    ]


def stage(teams: Teams) -> Stage:
    """How this one is played with from a shell."""
    options, people = teams.options, teams.world.people.values()
    staff = [each for each in people if not each.guest and each.tenant_id == options.tenant_id]
    return Stage(
        door=f"{teams.url}/_control/",
        header=f"{TOKEN_HEADER}: {options.control_token}",
        where="Contoso/patching",
        place="conversation",
        talk="say",
        verb="say",
        order={"words": "$*", "mention": True},
        accounts={each.name: f"teams:{each.tenant_id}:{each.aad_id}" for each in staff},
    )
