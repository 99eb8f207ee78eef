"""Everything that leaves for Teams: cards to places, answers to people, and where those are reached."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from bot.core.directory_words import Identity
from bot.core.errors import OutsideGone
from bot.surfaces.port import AddressBook, Answer
from bot.surfaces.teams import activities
from bot.surfaces.teams.connector import Connector
from bot.surfaces.teams.places import SURFACE, Address, account_of, activity_id, address_of, message_id
from bot.surfaces.teams.replies import TooBig
from cards.adaptive import Mention, Named
from cards.model import Card

MOST_REMEMBERED: Final = 5_000
"""Personal chats whose address is remembered beside the house's own book."""
NEVER_FITS: Final = "Even the shortest form of this card is too large for Teams. Open it in the console."


class Outgoing:
    """Draws, addresses and sends; shared by the surface and by the answers."""

    def __init__(self, book: AddressBook, connector: Connector, app_id: str) -> None:
        self._book = book
        self._connector = connector
        self._app_id = app_id
        self._opened: dict[str, Address] = {}
        self._opening = asyncio.Lock()

    async def show(self, conversation: str, card: Card, zone: ZoneInfo) -> str:
        """Post a card and return its message id."""
        to = await self.address(conversation)
        mention = await self._mentions(card.mention)
        personal = account_of(conversation) is not None

        async def once(shown: Card) -> str:
            activity = activities.message(activities.drawn(shown, zone, mention=mention))
            return await self._connector.post(to, activity, personal=personal)

        try:
            id = await once(card)
        except TooBig:
            id = await _last_try(once(activities.shortened(card)))
        return message_id(conversation, id)

    async def redraw(self, conversation: str, message: str, card: Card, zone: ZoneInfo) -> None:
        """Show a newer state of a card that was sent."""
        id = activity_id(message)
        to = await self.address(conversation)
        mention = await self._mentions(card.mention)
        personal = account_of(conversation) is not None

        async def once(shown: Card) -> str:
            activity = activities.message(activities.drawn(shown, zone, mention=mention))
            await self._connector.put(to, id, activity, personal=personal)
            return id

        try:
            await once(card)
        except TooBig:
            await _last_try(once(activities.shortened(card)))

    async def reply(
        self, to: Address, answer: Answer, zone: ZoneInfo, *, reply_to: str = "", back: str = ""
    ) -> None:
        """Answer where somebody wrote: in the thread, or in their personal chat; its buttons say so."""

        async def once(shown: Answer) -> str:
            activity = activities.message(activities.as_answer(activities.drawn(shown, zone, back=back)))
            return await self._connector.post(to, activity, reply_to=reply_to)

        try:
            await once(answer)
        except TooBig:
            if not isinstance(answer, Card):
                raise OutsideGone(NEVER_FITS) from None
            await _last_try(once(activities.shortened(answer)))

    async def to_person(self, identity: Identity, answer: Answer, zone: ZoneInfo, *, back: str = "") -> None:
        """Tell one person alone, in their personal chat with the bot."""
        to = await self.address(identity.direct())
        await self.reply(to, answer, zone, back=back)

    async def account(self, person: str) -> Identity:
        """A person's account on Teams, or OutsideGone."""
        known = (await self._book.contacts(SURFACE, (person,))).get(person)
        if known is None:
            raise OutsideGone("This person has no account in Teams that we know. Link it first.")
        return known.identity

    async def address(self, conversation: str) -> Address:
        """How the place is reached; a personal chat that we never saw is opened."""
        known = address_of(await self._book.address(conversation)) or self._opened.get(conversation)
        if known is not None:
            return known
        account = account_of(conversation)
        if account is None:
            raise OutsideGone(
                "The bot has not been in this place in Teams. Add the app there and mention it once."
            )
        async with self._opening:  # asked for once, however many cards wait for it
            return self._opened.get(conversation) or await self._open(conversation, account)

    async def _open(self, conversation: str, account: Identity) -> Address:
        through = await self._way_into(account.realm)
        address = await self._connector.open_personal(through, account.user)
        while len(self._opened) >= MOST_REMEMBERED:
            del self._opened[next(iter(self._opened))]
        self._opened[conversation] = address
        await self._book.moved(conversation, address.text())
        return address

    async def _way_into(self, realm: str) -> Address:
        """The service address of this Entra tenant, as any place in it told us."""
        for text in await self._book.addresses(SURFACE, realm):
            known = address_of(text)
            if known and known.tenant == realm and known.app == self._app_id and known.bot_id:
                return known
        raise OutsideGone(
            "The bot does not know this organisation's Teams yet. Add the app to a team and mention it there."
        )

    async def _mentions(self, people: Sequence[str]) -> Mention:
        """Who can be called, asked once for the whole card."""
        known = await self._book.contacts(SURFACE, people) if people else {}
        named = {person: Named(id=c.identity.user, name=c.name) for person, c in known.items()}
        return named.get


async def _last_try(sending: Awaitable[str]) -> str:
    try:
        return await sending
    except TooBig:
        raise OutsideGone(NEVER_FITS) from None
