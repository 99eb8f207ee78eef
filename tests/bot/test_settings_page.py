"""docs/settings.md lists every setting with its default, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec

from bot.connectors.github import GitHubConfig
from bot.connectors.recommendations import RecommenderConfig
from bot.settings import (
    CHAT_ENVIRONMENT,
    ENVIRONMENT_NAMES,
    TABLES,
    HardCaps,
    NinjaOneSettings,
    Settings,
    load_settings,
)
from bot.surfaces.slack.config import SlackConfig
from bot.surfaces.teams.config import TeamsConfig

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip(" `") for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line[:2] == "| "
]
ELSEWHERE = {"account", "name", *(key for _, key in CHAT_ENVIRONMENT.values())}
"""The name of a table, and what the environment can say as well."""
SHAPES: tuple[type[Any], ...] = (
    HardCaps,
    NinjaOneSettings,
    GitHubConfig,
    RecommenderConfig,
    SlackConfig,
    TeamsConfig,
)
"""Every table of the file."""
DERIVED = {"key_file": "the data folder's name with `.keys"}


def test_every_variable_of_the_environment_is_on_the_page_and_no_other() -> None:
    assert set(re.findall(r"(?:RINGMASTER|SLACK|MICROSOFT)_[A-Z_]+", PAGE)) == set(ENVIRONMENT_NAMES)


def test_every_default_on_the_page_is_the_one_in_the_program() -> None:
    plain = msgspec.to_builtins(Settings(), enc_hook=str)
    listed = {row[1]: row[2] for row in ROWS if row[0].startswith("RINGMASTER_") and row[1]}
    assert listed == {name: DERIVED.get(name, str(plain[name])) for name in listed}
    assert set(listed) | set(TABLES) == set(Settings.__struct_fields__)


def test_every_default_of_the_chat_platforms_is_the_one_in_the_program() -> None:
    listed = {row[1]: row[2] for row in ROWS if row[0].startswith(("SLACK_", "MICROSOFT_"))}
    shapes: dict[str, type[Any]] = {"slack": SlackConfig, "teams": TeamsConfig}
    fields = {f"{name}.{f.name}": f for name, shape in shapes.items() for f in msgspec.structs.fields(shape)}
    assert listed == {name: as_written(fields[name].default) for name in listed}


def test_every_key_that_only_the_file_knows_is_on_the_page_with_its_default() -> None:
    listed = {row[1]: row[2] for row in ROWS if not row[0].startswith("RINGMASTER_")}
    for shape in SHAPES:
        for field in msgspec.structs.fields(shape):
            if field.name not in ELSEWHERE:
                assert listed[field.name] == as_written(field.default)


def as_written(default: object) -> str:
    """A default as the TOML file would say it."""
    if default is msgspec.NODEFAULT:
        return ""
    return json.dumps(default) if isinstance(default, tuple) else str(default)


def test_the_key_file_follows_the_data_directory_of_the_command_line(tmp_path: Path) -> None:
    env = {"RINGMASTER_DATA_DIR": "elsewhere"}
    settings = load_settings(env, data_dir=tmp_path / "data")
    assert settings.data_dir == tmp_path / "data"
    assert settings.key_file == tmp_path / "data.keys"


def test_a_key_file_that_was_set_stays_where_it_was_set(tmp_path: Path) -> None:
    env = {"RINGMASTER_KEY_FILE": str(tmp_path / "vault")}
    assert load_settings(env, data_dir=tmp_path / "data").key_file == tmp_path / "vault"
