"""`manifest`: both documents are filled in from the settings and the table of commands, or refused."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.__main__ import main
from bot.cli import manifest as verb
from bot.cli.manifest_rules import slack_mistakes, teams_mistakes
from bot.core.commands import COMMANDS
from bot.core.errors import Refused
from bot.settings import Settings
from bot.surfaces.slack.config import SlackConfig
from bot.surfaces.slack.words import SHORTCUTS
from bot.surfaces.teams.config import TeamsConfig

APP = "7b1f2c3d-0000-4000-8000-00000000aaaa"
SETTINGS = Settings(public_url="https://ring.example:8443/", teams=TeamsConfig(app_id=APP))
US = ("Northwind IT", "https://northwind.example/")


def teams() -> dict[str, Any]:
    return verb.teams_manifest(SETTINGS, *US)


def test_the_plain_command_is_the_one_that_the_surface_knows() -> None:
    assert SlackConfig(bot_token="", signing_secret="").command == verb.PLAIN_COMMAND


def test_slack_is_told_the_address_that_the_settings_name_and_no_other() -> None:
    text = json.dumps(verb.slack_manifest(SETTINGS))
    assert set(re.findall(r'https?://[^"]+', text)) == {"https://ring.example:8443/slack/events"}


@pytest.mark.parametrize(
    ("known", "given", "taken"), [("/ring", "", "/ring"), ("/rm", "", "/rm"), ("/rm", "/x", "/x")]
)
def test_the_command_is_the_given_one_else_the_settings(known: str, given: str, taken: str) -> None:
    slack = SlackConfig(bot_token="t", signing_secret="s", command=known)
    document = verb.slack_manifest(msgspec.structs.replace(SETTINGS, slack=slack), given)
    commands = [each["command"] for each in document["features"]["slash_commands"]]
    assert commands == [taken, *SHORTCUTS]


@pytest.mark.parametrize(("shortcut", "prefix"), SHORTCUTS.items())
def test_a_shortcut_hints_at_every_command_that_begins_with_it(shortcut: str, prefix: str) -> None:
    slash = verb.slack_manifest(SETTINGS)["features"]["slash_commands"]
    hint = next(each["usage_hint"] for each in slash if each["command"] == shortcut)
    wanted = [spec.usage.removeprefix(prefix) for spec in COMMANDS if spec.name.startswith(prefix)]
    assert hint == " | ".join(wanted) != ""


def test_teams_describes_every_command_in_the_words_of_the_table() -> None:
    known = {spec.name: spec for spec in COMMANDS}
    for one in teams()["bots"][0]["commandLists"]:
        for command in one["commands"]:
            spec = known[command["title"]]
            assert f"{spec.usage}: {spec.summary}".startswith(command["description"])


def test_both_templates_take_their_words_for_commands_from_the_table() -> None:
    for name in ("slack.json", "teams/manifest.json"):
        raw = json.loads((verb.TEMPLATES / name).read_text(encoding="utf-8"))
        for command in commands_of(raw):
            words = command["usage_hint"] if "usage_hint" in command else command["description"]
            assert re.sub(r"\{\{[A-Z]+ [a-z ]+\}\}| \| ", "", words) == ""


def commands_of(raw: dict[str, Any]) -> list[dict[str, str]]:
    if "features" in raw:
        found: list[dict[str, str]] = raw["features"]["slash_commands"]
        return found
    return [command for one in raw["bots"][0]["commandLists"] for command in one["commands"]]


def test_every_command_of_the_table_would_fit_into_teams() -> None:
    assert max(len(verb._what(spec)) for spec in COMMANDS) <= verb.DESCRIPTION_MOST


def test_nothing_is_left_to_be_filled_in() -> None:
    assert "{{" not in json.dumps([teams(), verb.slack_manifest(SETTINGS)])


def test_teams_is_told_who_answers_for_the_app() -> None:
    document = teams()
    assert (document["id"], document["bots"][0]["botId"]) == (APP, APP)
    assert document["validDomains"] == ["ring.example"]
    assert document["developer"] == {
        "name": "Northwind IT",
        "websiteUrl": "https://northwind.example/",
        "privacyUrl": "https://northwind.example/privacy",
        "termsOfUseUrl": "https://northwind.example/terms",
    }


def test_what_the_platforms_allow_holds_for_what_is_made() -> None:
    assert slack_mistakes(verb.slack_manifest(SETTINGS)) == teams_mistakes(teams()) == []


@pytest.mark.parametrize("command", ["ring", "/Ring", "/r ing", "/" + "r" * 32, "/phase"])
def test_a_command_that_slack_would_not_take_is_refused(command: str) -> None:
    with pytest.raises(Refused, match="command"):
        verb.slack_manifest(SETTINGS, command)


@pytest.mark.parametrize(
    ("app", "provider", "website", "version", "named"),
    [
        ("not-a-guid", *US, "", "MICROSOFT_APP_ID: must be a GUID"),
        (APP, "N" * 33, US[1], "", "--provider: must be 1 to 32 characters"),
        (APP, US[0], "http://northwind.example", "", "--website: must be an https address"),
        (APP, *US, "2", "--app-version: must be three numbers"),
    ],
)
def test_a_value_that_teams_would_not_take_is_named(
    app: str, provider: str, website: str, version: str, named: str
) -> None:
    settings = msgspec.structs.replace(SETTINGS, teams=TeamsConfig(app_id=app))
    with pytest.raises(Refused, match=re.escape(named)):
        verb.teams_manifest(settings, provider, website, version)


def test_all_that_is_missing_is_said_at_once_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("RINGMASTER_PUBLIC_URL", "RINGMASTER_CONFIG", "MICROSOFT_APP_ID", "MICROSOFT_APP_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    assert main(["manifest", "teams", "--out", str(tmp_path / "app.zip")]) == 2
    told = capsys.readouterr().err
    assert all(sentence in told for sentence in (verb.NO_ADDRESS, verb.NO_APP, verb.NO_PROVIDER))
    assert list(tmp_path.iterdir()) == []


def test_the_verb_prints_what_slack_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("RINGMASTER_CONFIG", raising=False)
    monkeypatch.setenv("RINGMASTER_PUBLIC_URL", "https://ring.example")
    assert main(["manifest", "slack", "--command", "/rm"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["features"]["slash_commands"][0]["command"] == "/rm"


def test_the_package_holds_the_manifest_and_its_icons_and_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        verb.write_package(tmp_path / name, teams())
    written = (tmp_path / "one.zip").read_bytes()
    assert written == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(written)) as package:
        assert sorted(package.namelist()) == ["color.png", "manifest.json", "outline.png"]
        assert json.loads(package.read("manifest.json")) == teams()
        assert package.read("color.png") == (verb.TEMPLATES / "teams" / "color.png").read_bytes()
