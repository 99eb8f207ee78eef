"""The bot in Teams: `POST /api/messages` comes in here, and the surface for outgoing cards is given out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from bot.core.envelope import Proof
from bot.surfaces.port import AddressBook, Answered, ChatDesk, Delivered, Surface
from bot.surfaces.teams import activities
from bot.surfaces.teams.config import TeamsConfig
from bot.surfaces.teams.connector import Connector
from bot.surfaces.teams.gate import Gate, Unproved
from bot.surfaces.teams.http import Http
from bot.surfaces.teams.keys import SigningKeys
from bot.surfaces.teams.listener import Listener, Tasks
from bot.surfaces.teams.login import BotLogin
from bot.surfaces.teams.outgoing import Outgoing
from bot.surfaces.teams.roster import Roster
from bot.surfaces.teams.surface import TeamsSurface, Versions
from bot.surfaces.teams.wire import Malformed, Posted, posted

log = logging.getLogger(__name__)

CLOSING_SECONDS: Final = 20
"""Longer than one call to Teams may take."""
INVOKE: Final = "invoke"
TOKEN_COUNTER: Final = "teams-token"  # noqa: S105 - the name of a counter, not a secret
MALFORMED_COUNTER: Final = "teams-malformed"
FAILED_COUNTER: Final = "teams-failed"
OUR_FAULT: Final = "That did not work here, and it is our fault. Press again; if it stays so, type the words."


class TeamsApp:
    """One bot registration; implements `bot.surfaces.port.Door`."""

    def __init__(
        self,
        config: TeamsConfig,
        *,
        desk: ChatDesk,
        book: AddressBook,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        # Here and not above: a house without Teams saves the SDK, 350 ms and 25 MB.
        from bot.surfaces.teams.bridge import Bridge

        self._book = book
        self._new_id = new_id
        self._http = Http()
        self._tasks = Tasks()
        self._versions = Versions()
        self._gate = Gate(config, SigningKeys(config.openid_url, self._http, now))
        connector = Connector(config, self._http, BotLogin(config, self._http, now), now)
        self._outgoing = Outgoing(book, connector, config.app_id)
        listener = Listener(config, desk, book, self._outgoing, now, self._tasks, Roster(connector, now))
        self._bridge = Bridge(config, listener)

    def surface(self, tenant: str) -> Surface:
        """Teams as seen for one client."""
        return TeamsSurface(tenant, self._book, self._outgoing, self._versions)

    async def take(self, delivered: Delivered) -> Answered:
        """Read, check, carry out, answer. A pressed button is always answered with something to read."""
        try:
            activity = posted(delivered.body)
            proof = await self._gate.check(delivered, activity)
        except Malformed:
            return Answered(status=400, counter=MALFORMED_COUNTER)
        except Unproved:
            return Answered(status=401, counter=TOKEN_COUNTER)
        try:
            return await self._turn(activity, proof)
        except Malformed:
            return Answered(status=400, counter=MALFORMED_COUNTER)
        except Exception:
            fault = self._new_id()
            log.exception("a delivery from Teams failed: %s", fault)
            return self._failed(activity)

    async def settle(self) -> None:
        """Wait until the answers that are under way have left."""
        await self._tasks.settle(CLOSING_SECONDS)

    async def close(self) -> None:
        """Let answers that are under way leave, then give connections back."""
        await self._tasks.settle(CLOSING_SECONDS)
        await self._http.close()

    async def _turn(self, activity: Posted, proof: Proof) -> Answered:
        status, body = await self._bridge.turn(activity, proof)
        return Answered(status=status, body=msgspec.json.encode(body) if body is not None else b"")

    @staticmethod
    def _failed(activity: Posted) -> Answered:
        if activity.type == INVOKE:
            body = activities.problem(500, "InternalError", OUR_FAULT)
            return Answered(status=200, body=msgspec.json.encode(body), counter=FAILED_COUNTER)
        return Answered(status=503, counter=FAILED_COUNTER)
