"""Environment and configuration file become one frozen value here, and nowhere else.

`RINGMASTER_CONFIG` names a TOML file; the environment wins over it. All mistakes are found before anything
starts, and named with where they stand and what is allowed.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from bot.core.errors import RingmasterError

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

ENVIRONMENT_NAMES: Final = (*_ENVIRONMENT, "RINGMASTER_CONFIG")


def load_settings(environment: Mapping[str, str] | None = None, *, data_dir: Path | None = None) -> Settings:
    """The settings of this process; raises BadSettings with every mistake at once.

    `data_dir` is what the command line said: it wins over both, and the key file follows it unless set.
    """
    env = dict(os.environ if environment is None else environment)
    mistakes: list[str] = []
    raw = _from_file(env.get("RINGMASTER_CONFIG", ""), mistakes)
    raw.update({name: env[variable] for variable, name in _ENVIRONMENT.items() if env.get(variable)})
    mistakes += [
        f"environment {variable}: unknown; known are {', '.join(sorted(ENVIRONMENT_NAMES))}"
        for variable in sorted(env)
        if variable.startswith("RINGMASTER_") and variable not in ENVIRONMENT_NAMES + _TEST_ONLY
    ]
    if data_dir is not None:
        raw["data_dir"] = str(data_dir)
    if raw.get("data_dir") and not raw.get("key_file"):
        raw["key_file"] = f"{str(raw['data_dir']).rstrip('/')}.keys"
    settings = _convert(raw, env, mistakes)
    if settings is not None:
        mistakes += _check(settings)
    if mistakes or settings is None:
        raise BadSettings(mistakes)
    return settings


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
    accounts = raw.get("ninjaone", {})
    if isinstance(accounts, dict):
        raw["ninjaone"] = [
            {"account": name, **entry} if isinstance(entry, dict) else entry
            for name, entry in accounts.items()
        ]
    return {key: value for key, value in raw.items() if key in known}


def _convert(raw: dict[str, Any], env: Mapping[str, str], mistakes: list[str]) -> Settings | None:
    """Field by field, so that one mistake does not hide the next."""
    good: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        if field.name not in raw:
            continue
        try:
            good[field.name] = msgspec.convert(
                raw[field.name], field.type, strict=False, dec_hook=_path_from_text
            )
        except msgspec.ValidationError as fault:
            source = next((v for v, n in _ENVIRONMENT.items() if n == field.name and env.get(v)), "")
            where = f"environment {source}" if source else f"{env.get('RINGMASTER_CONFIG', 'configuration')}"
            mistakes.append(f"{where}: {field.name}: {fault}")
    return None if mistakes else Settings(**good)


def _path_from_text(kind: type[Any], value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(f"no rule for {kind}")


def _check(settings: Settings) -> list[str]:
    mistakes = [
        f"{name}: {port} is not a port; 0 to 65535"
        for name, port in (("port", settings.port), ("console_port", settings.console_port))
        if not 0 <= port <= 65535
    ]
    if settings.port and settings.port == settings.console_port:
        mistakes.append("console_port: must differ from port; webhooks never share the console's port")
    if settings.public_url and not settings.public_url.startswith("https://"):
        mistakes.append("public_url: must start with https://")
    if settings.tick_seconds < 1:
        mistakes.append("tick_seconds: 1 or more")
    if settings.database_url and not settings.database_url.startswith("sqlite"):
        mistakes.append("database_url: only SQLite works in this version; leave it out")
    if settings.key_file.resolve().is_relative_to(settings.data_dir.resolve()):
        mistakes.append("key_file: must lie outside data_dir, or a backup of the data would hold its keys")
    return mistakes
