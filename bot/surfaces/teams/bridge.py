"""The SDK's part: one posted activity becomes one turn of its handler, and the handler calls our listener.

Only what the SDK needs to route a turn is given to it, from values that were read by us: its own reader drops
fields, and fails on wild ones.
"""

from __future__ import annotations

from typing import Any, Protocol

from botbuilder.core import TurnContext
from botbuilder.integration.aiohttp import ConfigurationBotFrameworkAuthentication
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount
from botframework.connector.auth import AuthenticateRequestResult, AuthenticationConstants, ClaimsIdentity

from bot.core.envelope import Proof
from bot.surfaces.teams.activities import Body, problem
from bot.surfaces.teams.config import TeamsConfig
from bot.surfaces.teams.mends import MendedAdapter, MendedHandler, mend_retry_policy
from bot.surfaces.teams.wire import CARD_ACTION, Account, Posted

ADDED = "add"


class Heard(Protocol):
    """What happens at a turn."""

    async def message(self, posted: Posted, proof: Proof) -> int:
        """Words or a submit; the HTTP status."""
        ...

    async def invoke(self, posted: Posted, proof: Proof) -> Body:
        """A pressed button; the answer's body."""
        ...

    async def met(self, posted: Posted) -> None:
        """The bot was added to a place."""
        ...


class Bridge:
    """The SDK's adapter for one bot. No outgoing call is made through it."""

    def __init__(self, config: TeamsConfig, heard: Heard) -> None:
        mend_retry_policy()
        self._config = config
        self._heard = heard
        self._authentication = ConfigurationBotFrameworkAuthentication(_Settings(config))
        self._adapter = MendedAdapter(self._authentication)

    async def turn(self, posted: Posted, proof: Proof) -> tuple[int, Body | None]:
        """Carry one proved delivery through; HTTP status, and the body when it was an invoke."""
        turn = _Turn(self._heard, posted, proof)
        body = await self._adapter.turn(self._proved(proof), _activity(posted), turn.on_turn)
        return turn.status, body

    def _proved(self, proof: Proof) -> AuthenticateRequestResult:
        claims = {AuthenticationConstants.AUDIENCE_CLAIM: self._config.app_id}
        identity = (
            ClaimsIdentity(claims, True)
            if proof is Proof.TEAMS_TOKEN
            else ClaimsIdentity({}, True, AuthenticationConstants.ANONYMOUS_AUTH_TYPE)
        )
        result = AuthenticateRequestResult()
        result.claims_identity = identity
        result.audience = self._config.scope
        result.connector_factory = self._authentication.create_connector_factory(identity)
        return result


class _Turn(MendedHandler):
    """One turn: the SDK routes by the kind of activity, we act on our own reading of it."""

    def __init__(self, heard: Heard, posted: Posted, proof: Proof) -> None:
        self._heard = heard
        self._posted = posted
        self._proof = proof
        self.status = 200

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        self.status = await self._heard.message(self._posted, self._proof)

    async def invoked(  # type: ignore[explicit-override]  # typing.override needs 3.12
        self, turn_context: TurnContext
    ) -> dict[str, Any]:
        if self._posted.name != CARD_ACTION:
            return problem(501, "NotImplemented", "This bot has no such function.")
        return await self._heard.invoke(self._posted, self._proof)

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        if (self._posted.action or "").startswith(ADDED):
            await self._heard.met(self._posted)

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        bot = self._posted.recipient.id if self._posted.recipient else None
        if bot and any(member.id == bot for member in self._posted.members_added or ()):
            await self._heard.met(self._posted)


class _Settings:
    """The configuration under the names that the SDK looks for. It never gets to ask for a token itself."""

    def __init__(self, config: TeamsConfig) -> None:
        self.APP_TYPE = "MultiTenant"  # the only kind that the SDK builds without a secret
        self.APP_ID = config.app_id
        self.APP_PASSWORD = ""


def _activity(posted: Posted) -> Activity:
    where = posted.conversation
    return Activity(
        type=posted.type,
        id=posted.id,
        name=posted.name,
        service_url=posted.service_url,
        channel_id=posted.channel_id,
        from_property=_account(posted.sender),
        recipient=_account(posted.recipient),
        conversation=ConversationAccount(id=where.id if where else None),
        members_added=[_account(member) for member in posted.members_added or ()],
    )


def _account(account: Account | None) -> ChannelAccount:
    return ChannelAccount(id=account.id if account else None)
