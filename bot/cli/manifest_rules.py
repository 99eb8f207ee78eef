"""What Slack and Teams take in an app's manifest, as far as a value of ours could break it.

Sources: Slack's app manifest reference and the schema in slackapi/manifest-schema; Microsoft's schema
v1.20 of MicrosoftTeams.schema.json. The platforms check again, and more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

SLACK_NAME_MOST: Final = 35
SLACK_DESCRIPTION_MOST: Final = 140
SLACK_BOT_NAME_MOST: Final = 80
SLACK_HINT_MOST: Final = 1_000
SLACK_COMMAND_DESCRIPTION_MOST: Final = 2_000
SLACK_COMMAND: Final = re.compile(r"/[a-z0-9_-]{1,31}", re.ASCII)

TEAMS_SHORT_NAME_MOST: Final = 30
TEAMS_FULL_NAME_MOST: Final = 100
TEAMS_SHORT_DESCRIPTION_MOST: Final = 80
TEAMS_FULL_DESCRIPTION_MOST: Final = 4_000
TEAMS_DEVELOPER_MOST: Final = 32
TEAMS_URL_MOST: Final = 2_048
TEAMS_LISTS_MOST: Final = 3
TEAMS_COMMANDS_MOST: Final = 10
TEAMS_TITLE_MOST: Final = 32
TEAMS_COMMAND_DESCRIPTION_MOST: Final = 128
GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
VERSION: Final = re.compile(r"(0|[1-9][0-9]{0,4})(\.(0|[1-9][0-9]{0,4})){2}", re.ASCII)
ADDRESS: Final = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[^\s\"<>]*)?", re.ASCII)

Rule = tuple[str, bool, str]
"""Where, whether it holds, what is allowed."""


def slack_mistakes(document: Mapping[str, Any]) -> list[str]:
    """Every value that Slack would refuse, as sentences."""
    return _broken(_slack_rules(document))


def teams_mistakes(document: Mapping[str, Any]) -> list[str]:
    """Every value that Teams would refuse, as sentences."""
    return _broken(_teams_rules(document))


def _broken(rules: Iterator[Rule]) -> list[str]:
    return [f"{place}: must be {allowed}." for place, holds, allowed in rules if not holds]


def _short(place: str, text: str, most: int) -> Rule:
    return place, 0 < len(text) <= most, f"1 to {most} characters"


def _address(place: str, text: str) -> Rule:
    holds = len(text) <= TEAMS_URL_MOST and ADDRESS.fullmatch(text) is not None
    return place, holds, "an https address"


def _slack_rules(document: Mapping[str, Any]) -> Iterator[Rule]:
    shown, features, settings = (document[n] for n in ("display_information", "features", "settings"))
    yield _short("name", shown["name"], SLACK_NAME_MOST)
    yield _short("description", shown["description"], SLACK_DESCRIPTION_MOST)
    yield _short("display_name", features["bot_user"]["display_name"], SLACK_BOT_NAME_MOST)
    commands = features["slash_commands"]
    names = [each["command"] for each in commands]
    yield "commands", len(set(names)) == len(names), "different from each other; choose another --command"
    for each in commands:
        form = "a / and then small letters, digits, - or _, at most 32 characters"
        yield "command", SLACK_COMMAND.fullmatch(each["command"]) is not None, form
        yield _address(f"url of {each['command']}", each["url"])
        yield _short("command's description", each["description"], SLACK_COMMAND_DESCRIPTION_MOST)
        yield _short("usage_hint", each["usage_hint"], SLACK_HINT_MOST)
    yield _address("events", settings["event_subscriptions"]["request_url"])
    yield _address("interactivity", settings["interactivity"]["request_url"])


def _teams_rules(document: Mapping[str, Any]) -> Iterator[Rule]:
    yield "MICROSOFT_APP_ID", GUID.fullmatch(document["id"]) is not None, "a GUID, as Entra shows it"
    yield "--app-version", VERSION.fullmatch(document["version"]) is not None, "three numbers, such as 0.1.1"
    yield _short("--provider", document["developer"]["name"], TEAMS_DEVELOPER_MOST)
    yield _address("--website", document["developer"]["websiteUrl"])
    yield _short("name", document["name"]["short"], TEAMS_SHORT_NAME_MOST)
    yield _short("full name", document["name"]["full"], TEAMS_FULL_NAME_MOST)
    yield _short("description", document["description"]["short"], TEAMS_SHORT_DESCRIPTION_MOST)
    yield _short("full description", document["description"]["full"], TEAMS_FULL_DESCRIPTION_MOST)
    for bot in document["bots"]:
        lists = bot["commandLists"]
        yield "commandLists", len(lists) <= TEAMS_LISTS_MOST, f"at most {TEAMS_LISTS_MOST}"
        for one in lists:
            yield "commands", len(one["commands"]) <= TEAMS_COMMANDS_MOST, f"at most {TEAMS_COMMANDS_MOST}"
            for command in one["commands"]:
                yield _short("command", command["title"], TEAMS_TITLE_MOST)
                yield _short(command["title"], command["description"], TEAMS_COMMAND_DESCRIPTION_MOST)
