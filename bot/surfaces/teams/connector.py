"""Calls to the channel service: post, redraw, open a personal chat, look at a member.

By aiohttp and not by the SDK's ConnectorClient: that one runs `requests` in threads, repeats calls on its own
(a message that may have been taken would be posted twice) and turns an HTML error page into a fault without a
status. The wire format is four calls, and here every status, time limit and Retry-After is seen.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import msgspec

from bot.core.errors import OutsideFailed, OutsideGone, OutsideUnclear
from bot.surfaces.teams import replies
from bot.surfaces.teams.config import TeamsConfig, may_be_called
from bot.surfaces.teams.http import Http, HttpAnswer, TooLarge
from bot.surfaces.teams.login import BotLogin, BotToken
from bot.surfaces.teams.pace import Pace
from bot.surfaces.teams.places import Address, plain_conversation
from bot.surfaces.teams.wire import Account

log = logging.getLogger(__name__)

CALL_SECONDS: Final = 15
"""The service itself gives up on a bot after 10 to 15 s; the other way round the same patience."""
ANSWER_BYTES: Final = 256 * 1024
USER_AGENT: Final = "Ringmaster"
NEVER_SENT: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)

Activity = dict[str, Any]


class Connector:
    """The channel service as one bot sees it."""

    def __init__(self, config: TeamsConfig, http: Http, login: BotLogin, now: Callable[[], datetime]) -> None:
        self._config = config
        self._http = http
        self._login = login
        self._now = now
        self._pace = Pace(now)

    async def post(
        self, to: Address, activity: Activity, *, reply_to: str = "", personal: bool = False
    ) -> str:
        """Post into the conversation and return the message's id. Raises what `replies.check` says."""
        path = f"conversations/{quote(to.conversation, safe='')}/activities"
        if reply_to:
            path = f"{path}/{quote(reply_to, safe='')}"
        self._pace.take(plain_conversation(to.conversation))
        answer = await self._call("POST", to, path, _addressed(activity, to), personal=personal)
        return replies.id_in(answer)

    async def put(self, to: Address, id: str, activity: Activity, *, personal: bool = False) -> None:
        """Redraw a message for everybody."""
        path = f"conversations/{quote(to.conversation, safe='')}/activities/{quote(id, safe='')}"
        self._pace.take(plain_conversation(to.conversation))
        await self._call("PUT", to, path, {**_addressed(activity, to), "id": id}, personal=personal)

    async def open_personal(self, through: Address, user: str) -> Address:
        """The chat of the bot with one person, by Entra object id; the same one every time."""
        document = {
            "isGroup": False,
            "bot": {"id": through.bot_id},
            "members": [{"id": user}],
            "tenantId": through.tenant,
            "channelData": {"tenant": {"id": through.tenant}},
        }
        answer = await self._call("POST", through, "conversations", document, personal=True)
        return msgspec.structs.replace(through, conversation=replies.id_in(answer))

    async def member(self, of: Address, id: str) -> Account:
        """What Teams knows of one member of a conversation."""
        path = f"conversations/{quote(of.conversation, safe='')}/members/{quote(id, safe='')}"
        answer = await self._call("GET", of, path, None, personal=False)
        try:
            return msgspec.json.decode(answer.body, type=Account)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise OutsideFailed("Teams described a member in a way that makes no sense.") from None

    async def _call(
        self, method: str, to: Address, path: str, document: Activity | None, *, personal: bool
    ) -> HttpAnswer:
        url = f"{self._checked(to).rstrip('/')}/v3/{path}"
        body = None if document is None else msgspec.json.encode(document)
        token = await self._login.token() if self._config.app_id else None
        answer = await self._send(method, url, body, token)
        if answer.status == 401 and token is not None:
            token = await self._login.token(refused=token)
            answer = await self._send(method, url, body, token)
        replies.check(answer, self._now(), personal=personal)
        return answer

    def _checked(self, to: Address) -> str:
        """The bot's token goes only where a delivery that was verified for this bot told us to."""
        if to.app != self._config.app_id:
            raise OutsideGone(
                "How this place in Teams is reached was learned before the bot got its app id. Write to "
                "the bot there once."
            )
        if not may_be_called(to.service_url):
            raise OutsideGone("The address of this place in Teams cannot be called. Write to the bot there.")
        return to.service_url

    async def _send(self, method: str, url: str, body: bytes | None, token: BotToken | None) -> HttpAnswer:
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": USER_AGENT}
        if token is not None:
            headers["Authorization"] = f"Bearer {token.secret}"
        try:
            return await self._http.exchange(
                method, url, seconds=CALL_SECONDS, most_bytes=ANSWER_BYTES, headers=headers, body=body
            )
        except NEVER_SENT as fault:
            raise OutsideFailed(f"Teams could not be reached ({type(fault).__name__}).") from None
        except (aiohttp.ClientError, TimeoutError, OSError, TooLarge) as fault:
            raise OutsideUnclear(
                f"The connection to Teams broke after the message was sent ({type(fault).__name__})."
            ) from None


def _addressed(activity: Activity, to: Address) -> Activity:
    """The parts of an activity that say where it goes and from whom."""
    conversation = {"id": to.conversation, "tenantId": to.tenant}
    return {
        **activity,
        "from": {"id": to.bot_id},
        "conversation": conversation,
        "channelId": to.channel,
        "serviceUrl": to.service_url,
    }
