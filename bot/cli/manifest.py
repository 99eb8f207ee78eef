"""`manifest slack|teams`: how the platform is told of the bot, filled in from the settings.

For Slack it prints the JSON that "Create an app from a manifest" takes; for Teams it writes the app package,
a zip of manifest.json and two icons. The texts are data in manifest/; what can be typed comes from the table
of commands. Nothing is printed or written while something is missing or would not be taken.
"""

from __future__ import annotations

import argparse
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from bot.cli.manifest_rules import slack_mistakes, teams_mistakes
from bot.core.command_values import CommandSpec
from bot.core.commands import COMMANDS
from bot.core.errors import Refused
from bot.settings import Settings, load_settings

TEMPLATES: Final = Path(__file__).resolve().parents[2] / "manifest"
PACKAGE: Final = Path("ringmaster-teams.zip")
PLAIN_COMMAND: Final = "/ring"
PACKED_AT: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip can tell: equal settings give equal packages, byte for byte."""
DESCRIPTION_MOST: Final = 128
"""Characters of a command's description in Teams."""

NO_ADDRESS: Final = (
    "RINGMASTER_PUBLIC_URL is not set: the https address under which the bot is reached from outside."
)
NO_APP: Final = "MICROSOFT_APP_ID is not set: the application id of the bot's registration in Entra."
NO_PROVIDER: Final = "Teams names who answers for an app: add --provider NAME --website https://..."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    parser.add_argument("platform", choices=("slack", "teams"))
    parser.add_argument("--command", help="Slack: the one command, where /ring is taken by another app")
    parser.add_argument("--provider", default="", help="Teams: your company's name, at most 32 characters")
    parser.add_argument("--website", default="", help="Teams: your company's https address")
    parser.add_argument("--app-version", help="Teams: to replace an uploaded package, a higher one than its")
    parser.add_argument("--out", type=Path, default=PACKAGE, help=f"Teams: the package, else {PACKAGE} here")


def run(args: argparse.Namespace) -> int:
    """Print or write; 2 with every mistake when something is missing."""
    settings = load_settings()
    if args.platform == "slack":
        document = slack_manifest(settings, args.command or "")
        print(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
        return 0
    document = teams_manifest(settings, args.provider, args.website, args.app_version or "")
    write_package(args.out, document)
    print(f"wrote {args.out}: upload it in the Teams admin center, or in Teams under Apps, Manage your apps.")
    return 0


# --- the two documents ---


def slack_manifest(settings: Settings, command: str = "") -> dict[str, Any]:
    """What Slack takes; Refused with every mistake. A command that is given wins over the settings."""
    known = settings.slack.command if settings.slack else PLAIN_COMMAND
    blanks = {"COMMAND": command or known, "PUBLIC_URL": settings.public_url.rstrip("/")}
    _complain([] if _host(settings.public_url) else [NO_ADDRESS])
    document = filled((TEMPLATES / "slack.json").read_bytes(), blanks)
    _complain(slack_mistakes(document))
    return document


def teams_manifest(settings: Settings, provider: str, website: str, version: str = "") -> dict[str, Any]:
    """The package's manifest.json; Refused with every mistake."""
    missing = [NO_ADDRESS] if not _host(settings.public_url) else []
    missing += [] if settings.teams.app_id else [NO_APP]
    missing += [] if provider and website else [NO_PROVIDER]
    _complain(missing)
    blanks = {
        "APP_ID": settings.teams.app_id,
        "PUBLIC_HOST": _host(settings.public_url),
        "PROVIDER": provider,
        "WEBSITE": website.rstrip("/"),
    }
    document = filled((TEMPLATES / "teams" / "manifest.json").read_bytes(), blanks)
    document["version"] = version or document["version"]
    _complain(teams_mistakes(document))
    return document


def write_package(path: Path, document: Mapping[str, Any]) -> None:
    """The zip that Teams takes: the manifest and its two icons, in no folder."""
    manifest = msgspec.json.format(msgspec.json.encode(document), indent=2)
    icons = {name: (TEMPLATES / "teams" / name).read_bytes() for name in document["icons"].values()}
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_DEFLATED) as package:
        for name, content in {"manifest.json": manifest, **icons}.items():
            package.writestr(zipfile.ZipInfo(name, PACKED_AT), content, zipfile.ZIP_DEFLATED)


def _complain(mistakes: list[str]) -> None:
    if mistakes:
        raise Refused("\n".join(mistakes), rule="manifest")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


# --- filling in ---


_BLANK: Final = re.compile(r"\{\{([A-Z_]+)(?: ([a-z ]+))?\}\}")


def filled(template: bytes, blanks: Mapping[str, str]) -> dict[str, Any]:
    """The template with `{{NAME}}` and what the table of commands says put into its texts.

    `{{USAGE approve}}` is how a command is typed, `{{USAGES rollout}}` all that follows its first word,
    `{{WHAT approve}}` both how it is typed and what happens then.
    """
    document: dict[str, Any] = _filled(msgspec.json.decode(template), blanks)
    return document


def _filled(part: Any, blanks: Mapping[str, str]) -> Any:
    if isinstance(part, dict):
        return {name: _filled(value, blanks) for name, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, blanks) for value in part]
    return _BLANK.sub(lambda found: _word(found, blanks), part) if isinstance(part, str) else part


def _word(found: re.Match[str], blanks: Mapping[str, str]) -> str:
    kind, name = found[1], found[2] or ""
    if kind == "USAGES":
        usages = [spec.usage for spec in COMMANDS if spec.name.startswith(f"{name} ")]
        return " | ".join(usage.removeprefix(f"{name} ") for usage in usages)
    if kind == "USAGE":
        return _command(name).usage
    return _what(_command(name)) if kind == "WHAT" else blanks[kind]


def _command(name: str) -> CommandSpec:
    return next(spec for spec in COMMANDS if spec.name == name)


def _what(spec: CommandSpec) -> str:
    """As many clauses of the summary as fit behind the usage; the first one always does (a test)."""
    text, *more = f"{spec.usage}: {spec.summary}".split("; ")
    for clause in more:
        if len(text) + len(clause) + 2 > DESCRIPTION_MOST:
            break
        text = f"{text}; {clause}"
    return text
