"""`simulate-slack`: run a fake Slack, a workspace with invented people for those who have no account.

The first line printed is {"url": ..., "pid": ...}; then what the bot must be started with. The server runs
until it is told to stop. People act through its control door (docstring of bot/twins/slack/control.py).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

import msgspec
from aiohttp import web

from bot.cli import worldly
from bot.cli.playing import Stage, to_paste
from bot.cli.stopping import told_to_stop
from bot.twins.slack.control import PREFIX, TOKEN_HEADER
from bot.twins.slack.fake import FakeSlack, SlackOptions
from bot.twins.slack.scenario import BadScenario, read_scenario
from bot.twins.slack.server import build_app

DEFAULT_BOT_URL = "http://127.0.0.1:3978/slack/events"
COMMAND = "/ring"
SHUTDOWN_S = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--port", type=int, default=0, help="0 takes any free port; the first line says which"
    )
    parser.add_argument("--bot-url", default=DEFAULT_BOT_URL, help="where the bot takes Slack's deliveries")
    parser.add_argument("--scenario", type=Path, help="people and channels, JSON or TOML; default: a sample")
    parser.add_argument("--token", default=SlackOptions().token)
    parser.add_argument("--signing-secret", default=SlackOptions().signing_secret)
    parser.add_argument("--control-token", default=SlackOptions().control_token)
    worldly.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped; 2 when the options make no sense."""
    try:
        fake = FakeSlack(_options(args), worldly.world_clock(args))
    except (BadScenario, ValueError) as fault:
        print(f"simulate-slack: {fault}", file=sys.stderr)
        return 2
    try:
        asyncio.run(_serve(fake, args.host, args.port))
    except OSError as fault:
        print(f"simulate-slack: cannot listen on {args.host}:{args.port}: {fault}", file=sys.stderr)
        return 2
    return 0


def _options(args: argparse.Namespace) -> SlackOptions:
    return SlackOptions(
        bot_url=args.bot_url,
        token=args.token,
        signing_secret=args.signing_secret,
        control_token=args.control_token,
        workspace=read_scenario(args.scenario),
    )


async def _serve(fake: FakeSlack, host: str, port: int) -> None:
    runner = web.AppRunner(build_app(fake), access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        bound_host, bound_port = runner.addresses[0][:2]
        shown = f"[{bound_host}]" if ":" in bound_host else bound_host
        fake.origin = f"http://{shown}:{bound_port}"
        print(_words(fake), flush=True)
        await _told_to_stop()
    finally:
        await runner.cleanup()


def _words(fake: FakeSlack) -> str:
    first = msgspec.json.encode({"url": fake.origin, "pid": os.getpid()}).decode()
    people = [each for each in fake.workspace.persons.values() if not each.is_bot]
    channels = ", ".join(f"#{each.name}" for each in fake.workspace.channels.values() if not each.is_dm)
    return "\n".join(
        (
            first,
            f"export SLACK_API_URL={fake.origin}/api/",
            f"export SLACK_BOT_TOKEN={fake.options.token}",
            f"export SLACK_SIGNING_SECRET={fake.options.signing_secret}",
            "# these three in a second terminal, and then there: make run",
            f"# people: {', '.join(each.name for each in people)}",
            f"# channels: {channels}",
            f"# deliveries go to {fake.courier.url}",
            *to_paste(stage(fake)),
        )
    )


def stage(fake: FakeSlack) -> Stage:
    """How this one is played with from a shell."""
    space = fake.workspace
    members = [each for each in space.persons.values() if each.kind == "member" and not each.is_bot]
    return Stage(
        door=f"{fake.origin}{PREFIX}",
        header=f"{TOKEN_HEADER}: {fake.options.control_token}",
        where=next((f"#{each.name}" for each in space.channels.values() if not each.is_dm), ""),
        place="channel",
        talk="ring",
        verb="command",
        order={"command": COMMAND, "text": "$*"},
        accounts={each.name: f"slack:{space.spec.team_id}:{each.id}" for each in members},
    )


async def _told_to_stop() -> None:
    stop = told_to_stop()
    await stop.wait()


if __name__ == "__main__":
    _parser = argparse.ArgumentParser(prog="simulate-slack", description=__doc__)
    add_arguments(_parser)
    raise SystemExit(run(_parser.parse_args()))
