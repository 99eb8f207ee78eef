"""What a newcomer pastes into a shell to be a person in front of a simulated chat platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

SETTLE_SECONDS: Final = 1
"""Between a line or a press and the look at what came of it: answers follow after it was taken."""
LAST: Final = 3
"""Messages that `look` shows."""


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """How one simulator is played with."""

    door: str
    """Address of its control door, with a slash at the end."""
    header: str
    """The header that opens it."""
    where: str
    """Where the first words are typed; `place` is what its orders call that."""
    place: str
    talk: str
    """The shell's word for typing something; `verb` and `order` are what it becomes at the door."""
    verb: str
    order: Mapping[str, str | bool]
    accounts: Mapping[str, str]
    """Person -> account, as `link` takes it."""


def to_paste(stage: Stage) -> Sequence[str]:
    """Lines for the shell of a third terminal; the words in them are taken as they are, without quotes."""
    who = ", ".join(stage.accounts)
    everywhere = {"person": "$who", stage.place: "$where"}
    said, pressed = _order({**everywhere, **stage.order}), _order({**everywhere, "label": "$*"})
    return (
        "# and in a third one, to be one of them:",
        f'who={next(iter(stage.accounts), "")} where="{stage.where}"',
        f"{stage.talk}() {{ at_door {stage.verb} {said}; }}",
        f"press() {{ at_door press {pressed}; }}",
        f"look() {{ curl -sG -H '{stage.header}' --data-urlencode person=$who --data-urlencode "
        f'"{stage.place}=$where" -d last=${{1:-{LAST}}} {stage.door}screen; }}',
        f'at_door() {{ curl -s -H \'{stage.header}\' -d "$2" {stage.door}$1 | grep -o \'"error":"[^"]*"\'; '
        f"sleep {SETTLE_SECONDS}; look; }}",
        *(f".venv/bin/python -m bot link {name} {account}" for name, account in stage.accounts.items()),
        f"# now: {stage.talk} bind contoso; look; press Details; press Approve; {stage.talk} status",
        f"# somebody else: who=NAME ({who}); another place: where=...",
    )


def _order(fields: Mapping[str, str | bool]) -> str:
    """A JSON object between double quotes of the shell, which puts its variables in."""
    return '"' + msgspec.json.encode(fields).decode().replace('"', '\\"') + '"'
