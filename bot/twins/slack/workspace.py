"""The workspace itself: accounts, channels, messages, who sees what, and who is told. Knows no HTTP."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from bot.twins.slack.answers import NoSuchThing
from bot.twins.slack.model import Block, Channel, Message, Notice, Person, Version
from bot.twins.slack.scenario import OTHER_TEAM, ChannelSpec, PersonSpec, WorkspaceSpec, check

MOST_NOTICES: Final = 10_000
DM: Final = "dm"
"""How tests and stories call the direct messages between a person and the bot."""
SLACKBOT: Final = "USLACKBOT"
"""Whoever says that a command failed: Slack itself."""


class Workspace:
    """One team with the bot installed. Every change of a message goes through here."""

    def __init__(self, spec: WorkspaceSpec, now: Callable[[], datetime], ahead_s: float = 0.0) -> None:
        check(spec)
        self.spec = spec
        self._now = now
        self.ahead_s = ahead_s
        """Seconds by which the control door has moved this workspace's clock ahead."""
        self._began_us = round(self.now_s() * 1_000_000)
        self._last_us = 0
        self._numbers: dict[str, int] = {}
        self.persons: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.notices: deque[Notice] = deque(maxlen=MOST_NOTICES)
        bot = PersonSpec(name=spec.bot_name, kind="bot", id=spec.bot_user_id, real_name=spec.bot_name.title())
        self.bot = self.add_person(bot)
        self.bot.bot_id = spec.bot_id
        for person in spec.persons:
            self.add_person(person)
        for channel in spec.channels:
            self.add_channel(channel)

    # --- time and ids ---

    def now_s(self) -> float:
        """Now, in epoch seconds."""
        return self._now().timestamp() + self.ahead_s

    def new_ts(self) -> str:
        """A message timestamp: now, and later than every one before it."""
        self._last_us = max(round(self.now_s() * 1_000_000), self._last_us + 1)
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"

    def new_id(self, prefix: str) -> str:
        """An id of the kind that begins with these letters: numbered, so that two runs give the same."""
        self._numbers[prefix] = self._numbers.get(prefix, 0) + 1
        return f"{prefix}{self._numbers[prefix]:09d}"

    def event_id(self, prefix: str) -> str:
        """The same for what happens once: it is never given again, also not after a start anew. Who gets the
        name of an old delivery takes the new one for its repetition.
        """
        return f"{prefix}{self._began_us:016d}{self.new_id('')}"

    # --- accounts and channels ---

    def add_person(self, spec: PersonSpec) -> Person:
        """A new account."""
        person = Person(
            name=spec.name,
            id=spec.id or self.new_id("U0"),
            team_id=spec.team_id or (OTHER_TEAM if spec.kind == "connect" else self.spec.team_id),
            real_name=spec.real_name or spec.name.title(),
            kind=spec.kind,
            deleted=spec.deleted,
            tz=spec.tz,
            locale=spec.locale,
            bot_id=self.new_id("B0") if spec.kind == "bot" else "",
        )
        self.persons[person.id] = person
        return person

    def add_channel(self, spec: ChannelSpec) -> Channel:
        """A new channel with its members."""
        members = [self.person(name).id for name in spec.members]
        channel = Channel(
            id=spec.id or self.new_id("C0"),
            name=spec.name,
            members=([self.bot.id] if spec.bot else []) + members,
            private=spec.private,
            archived=spec.archived,
            shared=spec.shared,
            created_s=int(self.now_s()),
        )
        self.channels[channel.id] = channel
        return channel

    def person(self, name: str) -> Person:
        """By short name or id."""
        wanted = name.removeprefix("@")
        found = self.persons.get(wanted) or next(
            (each for each in self.persons.values() if each.name == wanted), None
        )
        if found is None:
            raise NoSuchThing(f"there is no person {name!r}")
        return found

    def channel(self, name: str, person: Person) -> Channel:
        """By short name (with or without #), by id, or `dm`: this person's direct messages with the bot."""
        if name == DM:
            return self.dm(person)
        wanted = name.removeprefix("#")
        found = self.channels.get(wanted) or next(
            (each for each in self.channels.values() if each.name == wanted and not each.is_dm), None
        )
        if found is None:
            raise NoSuchThing(f"there is no channel {name!r}")
        return found

    def dm(self, person: Person) -> Channel:
        """Direct messages between the bot and this person; made when first needed."""
        for channel in self.channels.values():
            if channel.dm_with == person.id:
                return channel
        members = [self.bot.id, person.id]
        channel = Channel(
            id=self.new_id("D0"),
            name="directmessage",
            members=members,
            dm_with=person.id,
            opened=False,
            created_s=int(self.now_s()),
        )
        self.channels[channel.id] = channel
        return channel

    # --- messages ---

    def post(
        self,
        channel: Channel,
        user_id: str,
        text: str,
        blocks: tuple[Block, ...] = (),
        *,
        metadata: dict[str, Any] | None = None,
        visible_to: str = "",
        thread_ts: str = "",
    ) -> Message:
        """A new message; who is mentioned or written to directly is told."""
        ts = self.new_ts()
        version = Version(at=ts, text=text, blocks=self._with_ids(blocks), metadata=metadata)
        message = Message(
            ts=ts,
            channel_id=channel.id,
            user_id=user_id,
            versions=[version],
            visible_to=visible_to,
            thread_ts=thread_ts,
        )
        channel.messages.append(message)
        if not visible_to:
            self._tell(channel, message)
        return message

    def change(
        self, message: Message, text: str, blocks: tuple[Block, ...], metadata: dict[str, Any] | None = None
    ) -> None:
        """A new version of a message; nobody is told."""
        version = Version(at=self.new_ts(), text=text, blocks=self._with_ids(blocks), metadata=metadata)
        message.versions.append(version)

    def _with_ids(self, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        """Slack gives a block its id, and an element its action_id, where the sender gave none."""
        return tuple(self._named(block) for block in blocks)

    def _named(self, block: Block) -> Block:
        named = {**block, "block_id": block.get("block_id") or self.new_id("blk")}
        for place in ("accessory", "element"):
            if isinstance(named.get(place), dict):
                named[place] = self._acting(named[place])
        if named["type"] == "actions":
            named["elements"] = [self._acting(each) for each in named["elements"]]
        return named

    def _acting(self, element: dict[str, Any]) -> dict[str, Any]:
        if element.get("type") == "image" or element.get("action_id"):
            return element
        return {**element, "action_id": self.new_id("act")}

    def named_view(self, view: dict[str, Any]) -> dict[str, Any]:
        """A view whose blocks all have ids."""
        return {**view, "blocks": list(self._with_ids(tuple(view["blocks"])))}

    def find(self, channel: Channel, ts: str) -> Message | None:
        """A message that is still there."""
        return next((each for each in channel.messages if each.ts == ts and not each.deleted), None)

    def seen(self, channel: Channel, person: Person) -> list[Message]:
        """What this person sees in the channel, in order."""
        return [each for each in channel.messages if self.sees(person, each)]

    def sees(self, person: Person, message: Message) -> bool:
        """Not deleted, and for everybody or for this person."""
        return not message.deleted and message.visible_to in ("", person.id)

    def reload(self, person: Person) -> int:
        """This person's client starts again: their ephemeral messages are gone. How many there were."""
        gone = 0
        for channel in self.channels.values():
            for message in channel.messages:
                if message.visible_to == person.id and not message.deleted:
                    message.deleted = True
                    gone += 1
        return gone

    # --- pushes ---

    def _tell(self, channel: Channel, message: Message) -> None:
        for member in self._people(channel.members):
            why = self._why_told(channel, message, member)
            if why and member.id != message.user_id:
                self.notices.append(
                    Notice(to=member.name, channel=channel.id, ts=message.ts, text=message.now.text, why=why)
                )

    def _why_told(self, channel: Channel, message: Message, member: Person) -> str:
        if channel.is_dm:
            return "direct message"
        said = f"{message.now.text} {message.now.blocks}"
        if f"<@{member.id}>" in said or f"'user_id': '{member.id}'" in said:
            return "mentioned"
        everybody = ("<!channel>", "<!here>", "<!everyone>", "'type': 'broadcast'")
        return "everybody was called" if any(word in said for word in everybody) else ""

    def _people(self, ids: Iterable[str]) -> Iterable[Person]:
        return (self.persons[each] for each in ids if not self.persons[each].is_bot)
