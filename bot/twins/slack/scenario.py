"""Who and what a fake workspace holds at its start: given by a test, a file (JSON or TOML) or the sample."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

KINDS: Final = ("member", "guest", "single_channel_guest", "bot", "connect")
OTHER_TEAM: Final = "T0OTHER001"


class PersonSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account. `connect` is somebody of another team, met through a shared channel."""

    name: str
    kind: str = "member"
    id: str = ""
    """Default: numbered in the order of the list."""
    team_id: str = ""
    """Default: this workspace, or `T0OTHER001` for kind `connect`."""
    real_name: str = ""
    deleted: bool = False
    tz: str = "Europe/London"
    locale: str = "en-GB"


class ChannelSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One channel; `members` are short names."""

    name: str
    members: tuple[str, ...] = ()
    bot: bool = True
    """The bot is in it."""
    id: str = ""
    private: bool = False
    archived: bool = False
    shared: bool = False


class WorkspaceSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole workspace with the bot installed."""

    team_id: str = "T0RING0001"
    domain: str = "lakeside"
    name: str = "Lakeside MSP"
    enterprise_id: str = ""
    app_id: str = "A0RING0001"
    bot_name: str = "ringmaster"
    bot_user_id: str = "U0RINGBOT1"
    bot_id: str = "B0RING0001"
    persons: tuple[PersonSpec, ...] = ()
    channels: tuple[ChannelSpec, ...] = ()


class BadScenario(Exception):
    """The scenario file cannot be read, or says something that makes no sense."""


SAMPLE: Final = WorkspaceSpec(
    persons=(
        PersonSpec(name="dana", real_name="Dana Reyes"),
        PersonSpec(name="sam", real_name="Sam Okafor"),
        PersonSpec(name="lee", real_name="Lee Novak"),
        PersonSpec(name="gil", real_name="Gil Moreau", kind="guest"),
        PersonSpec(name="otherbot", real_name="Other Bot", kind="bot"),
        PersonSpec(name="cora", real_name="Cora Lindt", kind="connect"),
    ),
    channels=(
        ChannelSpec(name="contoso", members=("dana", "sam", "lee", "gil", "otherbot")),
        ChannelSpec(name="fabrikam", members=("dana", "lee", "cora"), shared=True),
        ChannelSpec(name="house", members=("dana", "sam"), private=True),
        ChannelSpec(name="elsewhere", members=("dana", "sam"), bot=False),
    ),
)
"""An invented workspace: two client channels, one of them shared, one for the house, one without the bot."""


def read_scenario(path: Path | None) -> WorkspaceSpec:
    """The file's workspace; the sample when there is no file."""
    if path is None:
        return SAMPLE
    decode = msgspec.toml.decode if path.suffix == ".toml" else msgspec.json.decode
    try:
        return decode(path.read_bytes(), type=WorkspaceSpec)
    except (OSError, UnicodeDecodeError, ValueError, msgspec.MsgspecError) as fault:
        raise BadScenario(f"{path}: {fault}") from None


def check(spec: WorkspaceSpec) -> None:
    """Names are unique, kinds are known, members exist."""
    names = [spec.bot_name, *(person.name for person in spec.persons)]
    if len(set(names)) != len(names):
        raise BadScenario("every person needs a name of their own")
    if any(person.kind not in KINDS for person in spec.persons):
        raise BadScenario(f"kind must be one of {', '.join(KINDS)}")
    for channel in spec.channels:
        unknown = sorted(set(channel.members) - set(names))
        if unknown:
            raise BadScenario(f"#{channel.name}: there is no {unknown[0]}")
