"""The people of the story, wherever they are: they read what stands there, press real buttons, and type.

What somebody sees comes from the platform alone, never from the store: a button that is not drawn cannot be
pressed. One implementation for each surface: `people_console.py`, `chats/slack.py`, `chats/teams.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

import msgspec

from bot.app import Ringmaster
from bot.cli.story.transcript import Transcript
from bot.clock import VirtualClock
from bot.core.errors import Broken

NOTHING_FILLED: Final[Mapping[str, str]] = MappingProxyType({})


class Stuck(Broken):
    """The story waits for something that will not come."""


class Pressable(msgspec.Struct, frozen=True, kw_only=True):
    """A button as a person sees it."""

    label: str
    verb: str
    name: str = ""
    """How the platform tells it from the others of its message."""
    message: str = ""
    """The platform's name of the message it stands on; empty for a form that lies on top of everything."""
    place: str = ""
    """The platform's name of where the message stands, if that is another place than the one it came from."""
    value: str = ""
    version: int = -1
    """Of the message, as it was looked at; -1 for the one that stands there when it is pressed."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Something on a person's screen: a card, a private answer, a form."""

    text: str
    """All that can be read, a line each, buttons as their labels."""
    buttons: tuple[Pressable, ...] = ()
    fields: tuple[str, ...] = ()
    """Names of what can be filled in."""
    message: str = ""
    private: bool = False
    """Nobody else sees it."""


class Scene(Protocol):
    """What people need of the world around them."""

    app: Ringmaster
    clock: VirtualClock
    told: Transcript

    async def settle(self) -> None:
        """Everything that is due at this moment, until nothing is left."""
        ...

    async def breathe(self) -> None:
        """The seconds between two acts of people: platforms limit how much a bot says at one moment."""
        ...


class Person(Protocol):
    """Somebody of the sample house, by the id under which the house knows them."""

    id: str
    name: str

    async def types(self, place: str, text: str) -> Shown | None:
        """Type a line into a conversation; what came back for them alone."""
        ...

    async def presses(self, place: str, key: str, *verbs: str) -> Shown | None:
        """Press one of these buttons on the newest card of this thing in a conversation."""
        ...

    async def clicks(
        self, place: str, button: Pressable, fields: Mapping[str, str] = NOTHING_FILLED, *, forged: str = ""
    ) -> Shown | None:
        """Press this very button, also when it is not drawn any more, with a form's fields filled in.

        `forged` is sent in the place of what the button carries.
        """
        ...

    async def card(self, place: str, key: str) -> Shown:
        """The newest card of this thing that the person sees there; Stuck when there is none."""
        ...

    async def sees(self, place: str, key: str) -> Shown:
        """Read a card; it goes into the transcript."""
        ...


def button_of(shown: Shown | None, *verbs: str) -> Pressable:
    """A button with one of these verbs; Stuck when there is none."""
    found = next((one for one in shown.buttons if one.verb in verbs), None) if shown else None
    if found is None:
        drawn = ", ".join(one.label for one in shown.buttons) if shown else "nothing"
        raise Stuck(f"there is no button {' or '.join(verbs)}, there is: {drawn or 'none'}")
    return found
