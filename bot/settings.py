"""Environment and configuration file become one frozen value here, and nowhere else.

`RINGMASTER_CONFIG` names a TOML file; the environment wins over it. All mistakes are found before anything
starts, and named with where they stand and what is allowed.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, get_args
from urllib.parse import urlsplit

import msgspec

from bot.connectors.github.config import GitHubConfig
from bot.connectors.recommendations.config import RecommenderConfig
from bot.core.errors import RingmasterError
from bot.surfaces.slack.config import SlackConfig
from bot.surfaces.teams.config import AppType, BadTeamsConfig, TeamsConfig

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class BadSettings(RingmasterError):
    """The configuration cannot work; every mistake is one line."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class NinjaOneSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One NinjaOne account of the house (TOML table `ninjaone.<account>`)."""

    account: str
    base_url: str
    client_id: str
    client_secret: str = msgspec.field(default="")
    webhook_secret: str = ""
    poll_seconds: int = 900
    install_script: str = "Ringmaster install KB"
    uninstall_script: str = "Ringmaster uninstall KB"

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs 3.12
        return f"NinjaOneSettings({self.account!r}, {self.base_url!r}, secrets hidden)"


class HardCaps(msgspec.Struct, frozen=True, kw_only=True):
    """What even approved work may not exceed, whatever any policy says: per hour, over all clients."""

    devices_per_hour: int = 500
    reboots_per_hour: int = 500


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an administrator can set outside the ledger."""

    data_dir: Path = Path("data")
    key_file: Path = Path("data.keys")
    host: str = "127.0.0.1"
    port: int = 3978
    console_port: int = 3979
    public_url: str = ""
    database_url: str = ""
    region: str = "eu"
    tick_seconds: int = 1
    caps: HardCaps = HardCaps()
    ninjaone: tuple[NinjaOneSettings, ...] = ()
    github: tuple[GitHubConfig, ...] = ()
    recommender: tuple[RecommenderConfig, ...] = ()
    slack: SlackConfig | None = None
    """None: no Slack; its address on the public port does not exist."""
    teams: TeamsConfig = TeamsConfig()
    """Without an app id only this machine is listened to, and only sample clients can be worked with."""


_ENVIRONMENT: Final = {
    "RINGMASTER_DATA_DIR": "data_dir",
    "RINGMASTER_KEY_FILE": "key_file",
    "RINGMASTER_HOST": "host",
    "RINGMASTER_PORT": "port",
    "RINGMASTER_CONSOLE_PORT": "console_port",
    "RINGMASTER_PUBLIC_URL": "public_url",
    "RINGMASTER_DATABASE_URL": "database_url",
    "RINGMASTER_REGION": "region",
    "RINGMASTER_TICK_SECONDS": "tick_seconds",
}
"""Variable -> setting. `docs/settings.md` lists the same; a test compares."""

CHAT_ENVIRONMENT: Final = {
    "SLACK_BOT_TOKEN": ("slack", "bot_token"),
    "SLACK_SIGNING_SECRET": ("slack", "signing_secret"),
    "SLACK_API_URL": ("slack", "api_url"),
    "MICROSOFT_APP_ID": ("teams", "app_id"),
    "MICROSOFT_APP_PASSWORD": ("teams", "app_password"),
    "MICROSOFT_APP_TENANT_ID": ("teams", "app_tenant_id"),
    "MICROSOFT_APP_TYPE": ("teams", "app_type"),
}
"""Variable -> table and key: the names that Slack's and Microsoft's own documents use."""

ENVIRONMENT_NAMES: Final = (*_ENVIRONMENT, *CHAT_ENVIRONMENT, "RINGMASTER_CONFIG")


def load_settings(environment: Mapping[str, str] | None = None, *, data_dir: Path | None = None) -> Settings:
    """The settings of this process; raises BadSettings with every mistake at once.

    `data_dir` is what the command line said: it wins over both, and the key file follows it unless set.
    """
    env = dict(os.environ if environment is None else environment)
    mistakes: list[str] = []
    raw = _from_file(env.get("RINGMASTER_CONFIG", ""), mistakes)
    raw.update({name: env[variable] for variable, name in _ENVIRONMENT.items() if env.get(variable)})
    _add_chat(raw, env)
    mistakes += [
        f"environment {variable}: unknown; known are {', '.join(sorted(ENVIRONMENT_NAMES))}"
        for variable in sorted(env)
        if variable.startswith("RINGMASTER_") and variable not in ENVIRONMENT_NAMES + _TEST_ONLY
    ]
    if data_dir is not None:
        raw["data_dir"] = str(data_dir)
    if raw.get("data_dir") and not raw.get("key_file"):
        raw["key_file"] = f"{str(raw['data_dir']).rstrip('/')}.keys"
    where = partial(_where, env)
    settings = _settings(raw, where, mistakes)
    mistakes += [f"{where(name)}{name}: {rule}" for name, rule in _check(settings)]
    if mistakes:
        raise BadSettings(mistakes)
    return settings


def _add_chat(raw: dict[str, Any], env: Mapping[str, str]) -> None:
    """What the environment says of the chat platforms goes into their tables; it wins over the file."""
    for variable, (table, key) in CHAT_ENVIRONMENT.items():
        if env.get(variable) and isinstance(raw.setdefault(table, {}), dict):
            raw[table] = {**raw[table], key: env[variable]}


def data_dir_was_chosen(environment: Mapping[str, str] | None = None) -> bool:
    """True when RINGMASTER_DATA_DIR names a directory, even the default one: then it is somebody's own."""
    return bool((os.environ if environment is None else environment).get("RINGMASTER_DATA_DIR"))


_TEST_ONLY: Final = ("RINGMASTER_GOLDEN", "RINGMASTER_OWNER_DATABASE_URL")


def _from_file(path: str, mistakes: list[str]) -> dict[str, Any]:
    if not path:
        return {}
    try:
        raw = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as fault:
        mistakes.append(f"{path}: cannot be read: {fault.strerror}")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        mistakes.append(f"{path}: is not TOML: {fault}")
        return {}
    known = set(Settings.__struct_fields__)
    for key in sorted(set(raw) - known):
        mistakes.append(f"{path}: {key}: unknown; known are {', '.join(sorted(known))}")
    return {key: value for key, value in raw.items() if key in known}


def _where(env: Mapping[str, str], name: str) -> str:
    """Who said it: the variable, else the file, as the beginning of a mistake."""
    variable = next((variable for variable, known in _ENVIRONMENT.items() if known == name), "")
    if variable and env.get(variable):
        return f"environment {variable}: "
    path = env.get("RINGMASTER_CONFIG")
    return f"{path}: " if path else ""


TABLES: Final = ("caps", "github", "ninjaone", "recommender", "slack", "teams")
"""Settings that are tables in the file, each read by rules of its own."""


def _settings(raw: dict[str, Any], where: Callable[[str], str], mistakes: list[str]) -> Settings:
    """Whatever fits, key by key, with defaults for the rest: one mistake does not hide the next."""
    plain = {name: value for name, value in raw.items() if name not in TABLES}
    good = _fitting(Settings, plain, where, mistakes)
    if "caps" in raw:
        place = f"{where('caps')}caps"
        caps = _table(raw["caps"], place, mistakes)
        good["caps"] = HardCaps(**_fitting(HardCaps, caps, lambda _: f"{place}.", mistakes))
    accounts = _table(raw.get("ninjaone", {}), f"{where('ninjaone')}ninjaone", mistakes)
    read = [_account(name, entry, where, mistakes) for name, entry in accounts.items()]
    good |= _chat(raw, where, mistakes)
    good["github"] = _github(raw, f"{where('github')}github", mistakes)
    good["recommender"] = _recommenders(raw, f"{where('recommender')}recommender", mistakes)
    return Settings(**good, ninjaone=tuple(account for account in read if account))


def _account(
    name: str, entry: Any, where: Callable[[str], str], mistakes: list[str]
) -> NinjaOneSettings | None:
    place = f"{where('ninjaone')}ninjaone.{name}"
    table = {**_table(entry, place, mistakes), "account": name}
    before = len(mistakes)
    good = _fitting(NinjaOneSettings, table, lambda _: f"{place}.", mistakes)
    if good.get("base_url") and not _reachable(good["base_url"]):
        mistakes.append(f"{place}.base_url: must start with https:// (http only for this machine)")
    if good.get("poll_seconds", 1) < 1:
        mistakes.append(f"{place}.poll_seconds: 1 or more")
    return NinjaOneSettings(**good) if len(mistakes) == before else None


def _github(raw: Mapping[str, Any], place: str, mistakes: list[str]) -> tuple[GitHubConfig, ...]:
    """One table a client: two for one client would leave open which secret is meant."""
    read: dict[str, GitHubConfig] = {}
    for name, entry in _table(raw.get("github", {}), place, mistakes).items():
        here = f"{place}.{name}"
        before = len(mistakes)
        table = {**_table(entry, here, mistakes), "name": name}
        good = _fitting(GitHubConfig, table, partial(_in_table, here), mistakes)
        if len(mistakes) > before:
            continue
        config = GitHubConfig(**good)
        mistakes += [f"{here}.{field}: {allowed}" for field, allowed in config.mistakes()]
        if config.tenant in read:
            mistakes.append(f"{here}.tenant: {read[config.tenant].name} is this client's already; one each")
        else:
            mistakes += _one_secret_each(here, config, list(read.values()))
        read[config.tenant] = config
    return tuple(read.values())


def _recommenders(raw: Mapping[str, Any], place: str, mistakes: list[str]) -> tuple[RecommenderConfig, ...]:
    """Several may recommend to one client; what they sign must tell them apart."""
    read: list[RecommenderConfig] = []
    for name, entry in _table(raw.get("recommender", {}), place, mistakes).items():
        here = f"{place}.{name}"
        before = len(mistakes)
        table = {**_table(entry, here, mistakes), "name": name}
        good = _fitting(RecommenderConfig, table, partial(_in_table, here), mistakes)
        if len(mistakes) > before:
            continue
        config = RecommenderConfig(**good)
        mistakes += [f"{here}.{field}: {allowed}" for field, allowed in config.mistakes()]
        mistakes += _one_secret_each(here, config, read)
        read.append(config)
    return tuple(read)


def _one_secret_each(
    here: str, config: GitHubConfig | RecommenderConfig, others: Sequence[GitHubConfig | RecommenderConfig]
) -> list[str]:
    """What is signed with a secret that two share can be delivered to the other one, another client maybe."""
    same = next((one for one in others if one.secret == config.secret), None)
    return [] if same is None else [f"{here}.secret: {same.name} has the same one; each needs its own"]


def _chat(raw: dict[str, Any], where: Callable[[str], str], mistakes: list[str]) -> dict[str, Any]:
    """The chat platforms that are described; half a description is a mistake, not a guess."""
    found: dict[str, Any] = {}
    for name, kind in (("slack", SlackConfig), ("teams", TeamsConfig)):
        if name not in raw:
            continue
        place = f"{where(name)}{name}"
        before = len(mistakes)
        good = _fitting(kind, _table(raw[name], place, mistakes), partial(_in_table, place), mistakes)
        if good.get("api_url") and not _reachable(good["api_url"]):
            mistakes.append(f"{place}.api_url: must start with https:// (http only for this machine)")
        if name == "teams":
            mistakes += [f"{place}.{missing}" for missing in _teams_lacks(good)]
        if len(mistakes) > before:
            continue
        try:
            found[name] = kind(**good)
        except BadTeamsConfig as fault:
            mistakes.append(f"{place}: {fault}")
    return found


def _teams_lacks(good: Mapping[str, Any]) -> list[str]:
    """What a bot with an app id cannot do without."""
    single = good.get("app_type", "SingleTenant") == "SingleTenant"
    if good.get("app_id") and single and not good.get("app_tenant_id"):
        return ["app_tenant_id: missing; it says whose accounts may decide"]
    return []


def _in_table(place: str, name: str) -> str:
    return f"{place}."


def _reachable(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    )


def _table(value: Any, place: str, mistakes: list[str]) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    mistakes.append(f"{place}: must be a table")
    return {}


def _fitting(
    kind: type[Any], raw: Mapping[str, Any], where: Callable[[str], str], mistakes: list[str]
) -> dict[str, Any]:
    """The values that fit. A wrong one is never repeated: it may be a secret in the wrong line."""
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name in sorted(set(raw) - set(fields)):
        mistakes.append(f"{where(name)}{name}: unknown; known are {', '.join(sorted(fields))}")
    good: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in raw:
            if field.required:
                mistakes.append(f"{where(name)}{name}: missing")
            continue
        try:
            good[name] = msgspec.convert(raw[name], field.type, strict=False, dec_hook=_path_from_text)
        except msgspec.ValidationError:
            mistakes.append(f"{where(name)}{name}: must be {_ALLOWED[field.type]}")
    return good


_ALLOWED: Final[Mapping[Any, str]] = {
    int: "a whole number",
    str: "text",
    Path: "a path",
    tuple[str, ...]: "a list of texts",
    AppType: " or ".join(get_args(AppType)),
}


def _path_from_text(kind: type[Any], value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(f"no rule for {kind}")


def _check(settings: Settings) -> list[tuple[str, str]]:
    """What no single value shows: setting -> what is allowed."""
    keys_apart = not settings.key_file.resolve().is_relative_to(settings.data_dir.resolve())
    ports_differ = not settings.port or settings.port != settings.console_port
    rules = (
        ("port", 0 <= settings.port <= 65535, "0 to 65535"),
        ("console_port", 0 <= settings.console_port <= 65535, "0 to 65535"),
        ("console_port", ports_differ, "must differ from port; webhooks never share the console's port"),
        ("public_url", settings.public_url[:8] in ("", "https://"), "must start with https://"),
        ("tick_seconds", settings.tick_seconds >= 1, "1 or more"),
        ("caps", min(settings.caps.devices_per_hour, settings.caps.reboots_per_hour) >= 0, "0 or more each"),
        (
            "database_url",
            settings.database_url[:6] in ("", "sqlite"),
            "only SQLite works in this version; leave it out",
        ),
        ("key_file", keys_apart, "must lie outside data_dir, or a backup of the data would hold its keys"),
    )
    return [(name, allowed) for name, holds, allowed in rules if not holds]
