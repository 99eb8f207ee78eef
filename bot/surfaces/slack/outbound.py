"""Cards that everybody in a place sees: sent, changed, and found again after a crash."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from bot.core.errors import OutsideBusy, OutsideFailed, OutsideGone
from bot.surfaces.port import AddressBook
from bot.surfaces.slack.drawing import body_of, versions, zone_of
from bot.surfaces.slack.faults import UNSENDABLE, SlackRefused
from bot.surfaces.slack.inbound import SURFACE
from bot.surfaces.slack.pace import UPDATE_BURST, UPDATE_EVERY, Pace
from bot.surfaces.slack.people import Own, People
from bot.surfaces.slack.web import SlackWeb
from cards.model import Card

UPDATE: Final = "chat.update"
METADATA_TYPE: Final = "ringmaster_card"
HISTORY_LIMIT: Final = 200
"""A page of history; Slack recommends no more."""
HISTORY_PAGES: Final = 5
"""A message lost in a crash is minutes old: a thousand messages are hours of a busy channel."""
VERSIONS_REMEMBERED: Final = 10_000
DIRECTS_REMEMBERED: Final = 10_000
BUSY_SECONDS: Final = 1
"""What we wait when Slack asks for patience and names no time."""

NO_ACCOUNT: Final = "This person has no account linked on Slack: `link` one."
NOT_OURS: Final = "This is no place on Slack. Bind another one."


class Outbound:
    """What all clients' surfaces share: one pace, one memory of direct messages and of what stands where."""

    def __init__(self, web: SlackWeb, people: People, book: AddressBook, now: Callable[[], datetime]) -> None:
        self._web = web
        self._people = people
        self._book = book
        self._pace = Pace(now)
        self._updates = Pace(now, every=UPDATE_EVERY, burst=UPDATE_BURST)
        self._directs: OrderedDict[str, str] = OrderedDict()
        self._opening = asyncio.Lock()
        self._shown: OrderedDict[str, int] = OrderedDict()

    def surface(self, tenant: str) -> SlackSurface:
        """As one client's cards are shown: by its clock."""
        return SlackSurface(self, tenant)

    def direct_is(self, user: str, channel: str) -> None:
        """A message came in by this channel, so it need not be asked for."""
        self._directs[user] = channel
        while len(self._directs) > DIRECTS_REMEMBERED:
            self._directs.popitem(last=False)

    async def send(
        self, tenant: str, conversation: str, card: Card, key: str, visible_to: str | None, urgent: bool
    ) -> str:
        """See `Surface.send`."""
        channel = await self._channel(conversation)
        metadata = {"event_type": METADATA_TYPE, "event_payload": {"key": key}}
        arguments = {"channel": channel, "metadata": metadata, "unfurl_links": False, "unfurl_media": False}
        method = "chat.postMessage"
        if visible_to is not None:
            method = "chat.postEphemeral"
            arguments = {"channel": channel, "user": await self._user(visible_to)}
        if wait := self._pace.wait_seconds(channel, key, urgent=urgent):
            raise OutsideBusy("This Slack channel takes one message a second.", retry_after_seconds=wait)
        answer = await self._put(method, arguments, tenant, card, channel)
        stamp = answer.get("ts") or answer.get("message_ts")
        if not isinstance(stamp, str):
            raise OutsideFailed("Slack took the message and did not say where it stands.")
        return f"{channel}:{stamp}"

    async def update(self, tenant: str, message_id: str, card: Card, version: int) -> None:
        """See `Surface.update`. The metadata stays as it was: Slack keeps what is not given."""
        channel, _, stamp = message_id.partition(":")
        if not channel or not stamp:
            raise OutsideGone("This message is none of Slack's.")
        before = self._shown.get(message_id)
        if before is not None and before >= version:
            return
        if wait := self._updates.wait_seconds(UPDATE, message_id):
            raise OutsideBusy("Slack takes so many changes a minute.", retry_after_seconds=wait)
        self._remember(message_id, version)
        try:
            await self._put(UPDATE, {"channel": channel, "ts": stamp}, tenant, card, channel)
        except OutsideFailed:
            if self._shown.get(message_id) == version:
                self._remember(message_id, before)
            raise

    async def find(self, conversation: str, key: str) -> str | None:
        """See `Surface.find`: the newest messages there, a few pages back."""
        own = await self._people.own(patient=True)
        if own is None:
            raise OutsideFailed("Slack did not say who the bot is, so its own messages cannot be told apart.")
        channel = await self._channel(conversation)
        cursor: str | None = None
        for _ in range(HISTORY_PAGES):
            page = await self._web.look(
                "conversations.history",
                {
                    "channel": channel,
                    "include_all_metadata": True,
                    "limit": HISTORY_LIMIT,
                    "cursor": cursor,
                },
            )
            if stamp := _sent_with(page, key, own):
                return f"{channel}:{stamp}"
            cursor = _next(page)
            if not cursor:
                break
        return None

    async def _put(
        self, method: str, arguments: dict[str, Any], tenant: str, card: Card, channel: str
    ) -> dict[str, Any]:
        """The whole card, or as much of it as Slack takes; the buttons go last."""
        contacts = await self._book.contacts(SURFACE, card.mention) if card.mention else {}
        called = {person: f"<@{contact.identity.user}>" for person, contact in contacts.items()}
        zone = zone_of(await self._book.zone(tenant))
        refused: OutsideFailed | None = None
        for version in versions(card, zone, lambda person: called.get(person, "")):
            try:
                return await self._web.change(method, {**arguments, **body_of(version())})
            except SlackRefused as no:
                if no.error not in UNSENDABLE:
                    raise
                refused = no
            except OutsideBusy as busy:
                if method == "chat.postMessage":
                    self._pace.held_up(channel, busy.retry_after_seconds or BUSY_SECONDS)
                raise
        assert refused is not None  # noqa: S101 - the loop returned or was refused
        raise refused

    async def _channel(self, conversation: str) -> str:
        """The channel's id; direct messages with an account are opened first, which changes nothing twice."""
        surface, _, rest = conversation.partition(":")
        place = rest.partition(":")[2]
        if surface != SURFACE or not place:
            raise OutsideGone(NOT_OURS)
        if not place.startswith("@"):
            return place
        return await self._direct(place[1:])

    async def _direct(self, user: str) -> str:
        """Asked for once, however many cards wait for it."""
        async with self._opening:
            if user not in self._directs:
                told = (await self._web.ensure("conversations.open", {"users": user})).get("channel")
                opened = told.get("id") if isinstance(told, dict) else None
                if not isinstance(opened, str):
                    raise OutsideFailed("Slack's answer to conversations.open made no sense.")
                self.direct_is(user, opened)
            return self._directs[user]

    async def _user(self, person: str) -> str:
        contact = (await self._book.contacts(SURFACE, (person,))).get(person)
        if contact is None:
            raise OutsideGone(NO_ACCOUNT)
        return contact.identity.user

    def _remember(self, message_id: str, version: int | None) -> None:
        self._shown.pop(message_id, None)
        if version is not None:
            self._shown[message_id] = version
        while len(self._shown) > VERSIONS_REMEMBERED:
            self._shown.popitem(last=False)


class SlackSurface:
    """Implements `bot.surfaces.port.Surface` for one client."""

    name = SURFACE
    keyed = False

    def __init__(self, outbound: Outbound, tenant: str) -> None:
        self._outbound = outbound
        self._tenant = tenant

    async def send(
        self,
        conversation: str,
        card: Card,
        *,
        key: str,
        visible_to: str | None = None,
        urgent: bool = False,
    ) -> str:
        """Post the card; an ephemeral one for a single person, which can be neither changed nor found."""
        return await self._outbound.send(self._tenant, conversation, card, key, visible_to, urgent)

    async def update(self, conversation: str, message_id: str, card: Card, *, version: int) -> None:
        """Redraw the card if this version is newer than the last one that we drew there."""
        await self._outbound.update(self._tenant, message_id, card, version)

    async def find(self, conversation: str, key: str) -> str | None:
        """The message sent with this key, if it is among the newest there."""
        return await self._outbound.find(conversation, key)


def _sent_with(page: dict[str, Any], key: str, own: Own) -> str:
    """The name of our message with this key; other apps may write the same metadata."""
    messages = page.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if not isinstance(message, dict) or not isinstance(message.get("ts"), str):
            continue
        ours = message.get("user") == own.user or (own.bot and message.get("bot_id") == own.bot)
        metadata = message.get("metadata")
        if ours and isinstance(metadata, dict) and metadata.get("event_type") == METADATA_TYPE:
            payload = metadata.get("event_payload")
            if isinstance(payload, dict) and payload.get("key") == key:
                return str(message["ts"])
    return ""


def _next(page: dict[str, Any]) -> str:
    more = page.get("response_metadata")
    cursor = more.get("next_cursor") if isinstance(more, dict) else None
    return cursor if isinstance(cursor, str) else ""
