"""The typed client of the control door: what a test or the demo says instead of clicking in Teams."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeVar

import aiohttp
import msgspec

from bot.twins.teams.control import TOKEN_HEADER
from bot.twins.teams.faults import Fault, FaultKind
from bot.twins.teams.keys import Proof
from bot.twins.teams.orders import (
    Address,
    Block,
    BotAddress,
    Click,
    Install,
    LogEntry,
    Membership,
    Notice,
    Outage,
    Raw,
    Receipt,
    Refresh,
    Resend,
    Say,
    Seen,
    Setup,
    Toast,
)
from bot.twins.teams.service import TeamsOptions

Shape = TypeVar("Shape")
NOTHING: Mapping[str, Any] = {}


class Refused(Exception):
    """The control door said no: the person cannot do that, or nobody is called so."""


class TeamsDriver:
    """Persons by short name; conversations by short name ("Contoso/general", "@dana") or by id.

    Words and presses take `proof` (how the delivery is signed) and `changes` (laid over the activity).
    """

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self.url = url

    async def _call(self, method: str, path: str, shape: type[Shape], order: object = None) -> Shape:
        data = msgspec.json.encode(order) if order is not None else None
        async with self._session.request(method, f"{self.url}/_control/{path}", data=data) as answer:
            body = await answer.read()
        if answer.status != 200:
            raise Refused(f"{answer.status}: {body.decode(errors='replace')}")
        return msgspec.json.decode(body, type=shape)

    async def _read(self, path: str, shape: type[Shape], **query: str) -> Shape:
        async with self._session.get(f"{self.url}/_control/{path}", params=query) as answer:
            body = await answer.read()
        if answer.status != 200:
            raise Refused(f"{answer.status}: {body.decode(errors='replace')}")
        return msgspec.json.decode(body, type=shape)

    # --- the tenant ---

    async def setup(self, setup: Setup) -> Address:
        """Add people and places."""
        return await self._call("POST", "setup", Address, setup)

    async def world(self) -> Address:
        """Names and ids."""
        return await self._read("world", Address)

    async def bot_at(self, url: str) -> None:
        """Where the bot takes activities."""
        await self._call("POST", "bot", dict, BotAddress(url=url))

    # --- what people do ---

    async def mention(
        self,
        person: str,
        conversation: str,
        words: str,
        *,
        proof: Proof = "good",
        changes: Mapping[str, Any] = NOTHING,
    ) -> Receipt:
        """Name the bot in a channel or a group chat; an id with ;messageid= answers in that thread."""
        order = Say(
            person=person,
            conversation=conversation,
            words=words,
            mention=True,
            proof=proof,
            changes=dict(changes),
        )
        return await self._call("POST", "say", Receipt, order)

    async def write(
        self,
        person: str,
        words: str,
        conversation: str = "",
        *,
        proof: Proof = "good",
        changes: Mapping[str, Any] = NOTHING,
    ) -> Receipt:
        """Write in the chat with the bot; elsewhere without naming it, which it does not hear."""
        order = Say(person=person, conversation=conversation, words=words, proof=proof, changes=dict(changes))
        return await self._call("POST", "say", Receipt, order)

    async def click(
        self,
        person: str,
        conversation: str,
        activity_id: str,
        label: str,
        inputs: Mapping[str, str] = NOTHING,
        *,
        data: Mapping[str, Any] = NOTHING,
        old_client: bool = False,
        proof: Proof = "good",
        changes: Mapping[str, Any] = NOTHING,
    ) -> Receipt:
        """Press the button of this title on the card as this person sees it; `data` forges what it has."""
        order = Click(
            person=person,
            conversation=conversation,
            activity_id=activity_id,
            label=label,
            inputs=dict(inputs),
            data=dict(data),
            old_client=old_client,
            proof=proof,
            changes=dict(changes),
        )
        return await self._call("POST", "click", Receipt, order)

    async def refresh(
        self, person: str, conversation: str, activity_id: str = "", *, proof: Proof = "good"
    ) -> list[Receipt]:
        """The person's client shows the conversation and asks for own views; [] when no card offers one."""
        order = Refresh(person=person, conversation=conversation, activity_id=activity_id, proof=proof)
        return await self._call("POST", "refresh", list[Receipt], order)

    async def install(self, conversation: str, by: str, *, present: bool = True) -> Receipt:
        """Put the app into a conversation, or take it out."""
        return await self._call(
            "POST", "install", Receipt, Install(conversation=conversation, by=by, present=present)
        )

    async def join(self, person: str, conversation: str) -> Receipt:
        """A person comes into a team or a group chat."""
        return await self._call(
            "POST", "membership", Receipt, Membership(conversation=conversation, person=person)
        )

    async def leave(self, person: str, conversation: str) -> Receipt:
        """A person leaves a team or a group chat."""
        order = Membership(conversation=conversation, person=person, present=False)
        return await self._call("POST", "membership", Receipt, order)

    async def block(self, person: str, *, blocked: bool = True) -> None:
        """A person blocks the bot, or no longer."""
        await self._call("POST", "block", dict, Block(person=person, blocked=blocked))

    async def raw(self, activity: Mapping[str, Any], *, proof: Proof = "good") -> Receipt:
        """Post any activity."""
        return await self._call("POST", "raw", Receipt, Raw(activity=dict(activity), proof=proof))

    async def resend(self, number: int = 0) -> Receipt:
        """Exactly that delivery once more; without a number the last."""
        return await self._call("POST", "resend", Receipt, Resend(number=number))

    # --- trouble ---

    async def fault(self, fault: Fault) -> None:
        """Order a fault for the next calls."""
        await self._call("POST", "faults", dict, fault)

    async def outage(self, kind: FaultKind | None = "status") -> None:
        """From now on every call fails so; None ends it."""
        await self._call("POST", "outage", dict, Outage(kind=kind))

    async def clear_faults(self) -> None:
        """Forget faults, end an outage, let go of what hangs."""
        await self._call("DELETE", "faults", dict)

    async def expire_tokens(self) -> None:
        """The bot's bearer tokens are worth nothing from now on."""
        await self._call("POST", "expire-tokens", dict)

    # --- read-outs ---

    async def seen(self, person: str, conversation: str = "") -> list[Seen]:
        """What the person sees, in order; without a conversation the chat with the bot."""
        return await self._read("seen", list[Seen], person=person, conversation=conversation)

    async def toasts(self, person: str) -> list[Toast]:
        """Words that only this person was shown."""
        return await self._read("toasts", list[Toast], person=person)

    async def notices(self, person: str) -> list[Notice]:
        """Push notifications of this person."""
        return await self._read("notices", list[Notice], person=person)

    async def log(self, after: int = 0) -> list[LogEntry]:
        """The bot's calls."""
        return await self._read("log", list[LogEntry], after=str(after))

    async def receipts(self, after: int = 0) -> list[Receipt]:
        """What became of deliveries."""
        return await self._read("receipts", list[Receipt], after=str(after))


@contextlib.asynccontextmanager
async def driving(url: str, control_token: str = TeamsOptions().control_token) -> AsyncIterator[TeamsDriver]:
    """A driver for the service at this URL."""
    async with aiohttp.ClientSession(headers={TOKEN_HEADER: control_token}) as session:
        yield TeamsDriver(session, url)
