"""The invented tenant: who is where, what was said, and how short names and ids find each other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Final

from bot.twins.teams.model import BOT, Kind, Message, Person, Place, Posted, Team
from bot.twins.teams.refusals import BadOrder

GENERAL: Final = "general"
THREAD_MARK: Final = ";messageid="


class World:
    """Everything that Teams knows about one tenant."""

    def __init__(self, tenant_id: str, app_id: str, now: Callable[[], datetime]) -> None:
        self.tenant_id = tenant_id
        self.bot_id = f"28:{app_id}"
        self.now = now
        self.people: dict[str, Person] = {}
        self.teams: dict[str, Team] = {}
        self.places: dict[str, Place] = {}
        """By conversation id."""
        self.messages: dict[str, Message] = {}
        self._last_id = 0

    # --- who and where ---

    def add_person(self, person: Person) -> None:
        """A person and the chat that this person can have with the bot."""
        if person.name in self.people or person.name == BOT:
            raise BadOrder(f"the name '{person.name}' is taken", 409)
        self.people[person.name] = person
        self._add_place(f"@{person.name}", f"a:1{_mark(person.name, 40)}", "personal", [person.name])

    def add_chat(self, name: str, members: list[str]) -> None:
        """A group chat with the bot in it."""
        self._add_place(name, f"19:{_mark(name, 32)}@thread.v2", "groupChat", self._known(members))

    def add_team(self, name: str, channels: list[str], members: list[str]) -> None:
        """A team with its General channel and others; one that exists gets the new channels and members."""
        team = self.teams.get(name)
        if team is None:
            general = f"19:{_mark(name, 32)}@thread.tacv2"
            team = Team(name=name, id=general, group_id=guid(f"group {name}"), members=[])
            self.teams[name] = team
            self._add_place(f"{name}/{GENERAL}", general, "channel", [], team)
        team.members += [person for person in self._known(members) if person not in team.members]
        for channel in channels:
            full = f"{name}/{channel}"
            if self._named(full) is None:
                self._add_place(full, f"19:{_mark(full, 32)}@thread.tacv2", "channel", [], team)

    def _add_place(
        self, name: str, place_id: str, kind: Kind, members: list[str], team: Team | None = None
    ) -> None:
        if self._named(name) is not None:
            raise BadOrder(f"the name '{name}' is taken", 409)
        self.places[place_id] = Place(name=name, id=place_id, kind=kind, members=members, team=team)

    def _known(self, names: list[str]) -> list[str]:
        return [self.person(name).name for name in names]

    def _named(self, name: str) -> Place | None:
        return next((place for place in self.places.values() if place.name == name), None)

    def person(self, name: str) -> Person:
        """The person of a short name; BadOrder for nobody."""
        if name not in self.people:
            raise BadOrder(f"there is no person '{name}'", 404)
        return self.people[name]

    def person_by_id(self, member_id: str) -> Person | None:
        """The person of a Teams id or a directory object id."""
        fits = (p for p in self.people.values() if member_id in (p.teams_id, p.aad_id))
        return next(fits, None)

    def place(self, name: str) -> tuple[Place, str | None]:
        """The place of a short name or a conversation id, and the thread that the id names."""
        base, _, root = name.partition(THREAD_MARK)
        found = self.places.get(base) or self._named(base)
        if found is None:
            raise BadOrder(f"there is no conversation '{name}'", 404)
        return found, root or None

    def personal(self, person: Person) -> Place:
        """This person's chat with the bot."""
        return self.place(f"@{person.name}")[0]

    def roster(self, place: Place) -> list[Person]:
        """Who can read here."""
        names = place.team.members if place.team is not None else place.members
        return [self.people[name] for name in names]

    def bot_is_in(self, place: Place) -> bool:
        """Whether the app is installed where this conversation is."""
        if place.team is not None:
            return place.team.installed
        if place.kind == "personal":
            return self.bot_knows(self.people[place.members[0]])
        return place.installed

    def bot_knows(self, person: Person) -> bool:
        """A bot may write to those who have it, and to those with whom it shares a team or a group chat."""
        shared = (team.members for team in self.teams.values() if team.installed)
        chats = (p.members for p in self.places.values() if p.kind == "groupChat" and p.installed)
        return person.installed or any(person.name in names for names in (*shared, *chats))

    # --- what was said ---

    def next_id(self) -> str:
        """A message id as Teams makes them: milliseconds, always growing."""
        self._last_id = max(self._last_id + 1, int(self.now().timestamp() * 1000))
        return str(self._last_id)

    def say(self, place: Place, root: str | None, author: str, posted: Posted) -> Message:
        """Put a message into a place; without a root it begins a thread."""
        number = self.next_id()
        message = Message(
            id=number,
            place=place.id,
            root=root or number,
            author=author,
            at=self.now().isoformat(),
            posted=posted,
        )
        self.messages[number] = message
        return message

    def message(self, place: Place, number: str) -> Message | None:
        """A message that stands in this place and was not deleted."""
        found = self.messages.get(number)
        return None if found is None or found.place != place.id or found.deleted else found

    def address(self, place: Place, root: str) -> str:
        """The conversation id as activities carry it: in a channel it names the thread."""
        return f"{place.id}{THREAD_MARK}{root}" if place.kind == "channel" else place.id


def _mark(name: str, length: int) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:length]


def guid(name: str) -> str:
    """A GUID that always belongs to this name."""
    text = hashlib.sha256(f"guid {name}".encode()).hexdigest()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:32]}"


def teams_id(name: str) -> str:
    """A Teams user id that always belongs to this name."""
    return f"29:1{_mark(f'teams {name}', 50)}"
