"""Project templates from their files. One that cannot be used keeps nobody else's from being used."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Final

import msgspec

from bot.core.errors import Refused
from bot.core.templates import Template, parse_template
from handlers.house_plan import ROLES, SHIPPED

log = logging.getLogger(__name__)

FOLDER: Final = SHIPPED / "phases"


class Templates(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that could be started, and what is wrong with the rest."""

    sound: dict[str, Template] = msgspec.field(default_factory=dict)
    broken: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    """Name -> every mistake in it as "key: what is allowed"."""

    def names(self) -> tuple[str, ...]:
        """What can be started, in the order of the alphabet."""
        return tuple(sorted(self.sound))

    def get(self, name: str) -> Template:
        """The template of this name; raises Refused with what is wrong."""
        if name in self.broken:
            more = len(self.broken[name]) - 1
            rest = f" ({more} more mistakes stand in the log)" if more else ""
            raise Refused(
                f"The template {name} cannot be used. {self.broken[name][0]}{rest}.", rule="bad-template"
            )
        if name not in self.sound:
            known = ", ".join(self.names()) or "none"
            raise Refused(f"No template is called '{name[:40]}'. There is: {known}.", rule="unknown-template")
        return self.sound[name]


def load_templates(folder: Path = FOLDER, roles: Collection[str] = ROLES) -> Templates:
    """Every `*.toml` in the folder, by its name; what is wrong with a file is logged, line by line."""
    sound: dict[str, Template] = {}
    broken: dict[str, tuple[str, ...]] = {}
    for file in sorted(folder.glob("*.toml")):
        template, mistakes = _read(file, roles)
        if template is not None:
            sound[file.stem] = template
            continue
        broken[file.stem] = mistakes
        for mistake in mistakes:
            log.warning("template %s: %s", file.name, mistake)
    return Templates(sound=sound, broken=broken)


def _read(file: Path, roles: Collection[str]) -> tuple[Template | None, tuple[str, ...]]:
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        return None, (f"the file: {fault}",)
    return parse_template(file.stem, raw, roles)
