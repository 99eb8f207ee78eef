"""POST /v3/conversations: a person's chat with the bot, or a new thread in a channel."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from bot.twins.teams.connector import TEAMS, accepted, count, may_write, read_object, show
from bot.twins.teams.model import Place
from bot.twins.teams.refusals import ConnectorError, json_answer
from bot.twins.teams.service import Teams


class _Id(msgspec.Struct, kw_only=True):
    id: str


class _ChannelData(msgspec.Struct, kw_only=True):
    tenant: _Id | None = None
    channel: _Id | None = None


class _Parameters(msgspec.Struct, kw_only=True):
    members: list[_Id] | None = None
    channel_data: _ChannelData | None = msgspec.field(name="channelData", default=None)
    tenant_id: str | None = msgspec.field(name="tenantId", default=None)
    tenant_id_of_sdk: str | None = msgspec.field(name="tenantID", default=None)
    """How botbuilder's model spells it."""
    activity: dict[str, Any] | None = None

    @property
    def tenant(self) -> str | None:
        """The tenant, wherever it was named."""
        data = self.channel_data
        named = data.tenant.id if data is not None and data.tenant is not None else None
        return self.tenant_id or self.tenant_id_of_sdk or named


async def create(request: web.Request) -> web.Response:
    """The same person gets the same conversation each time; a channel gets a new thread each time."""
    teams = request.app[TEAMS]
    raw = await read_object(request)
    try:
        wanted = msgspec.convert(raw, _Parameters)
    except msgspec.ValidationError as fault:
        raise ConnectorError(400, "BadSyntax", str(fault)) from None
    channel = wanted.channel_data.channel if wanted.channel_data is not None else None
    place = _channel(teams, channel.id) if channel is not None else _personal(teams, wanted)
    count(teams, "create", place.id)
    may_write(teams, place)
    posted = accepted(request, wanted.activity) if wanted.activity is not None else None
    if posted is None or posted.type != "message":
        if channel is not None:
            raise ConnectorError(400, "BadSyntax", "a new thread needs its first message")
        return json_answer({"id": place.id, "serviceUrl": teams.service_url}, 201)
    first, *more = show(teams, place, None, posted)
    named = {} if more else {"activityId": first.id}
    address = teams.world.address(place, first.root)
    return json_answer({"id": address, **named, "serviceUrl": teams.service_url}, 201)


def _channel(teams: Teams, channel_id: str) -> Place:
    place = teams.world.places.get(channel_id)
    if place is None or place.kind != "channel":
        raise ConnectorError(404, "ConversationNotFound", "Channel not found.")
    return place


def _personal(teams: Teams, wanted: _Parameters) -> Place:
    members = wanted.members or []
    if len(members) != 1:
        raise ConnectorError(
            400, "BadSyntax", "a chat needs exactly one member: bots cannot make group chats"
        )
    if not wanted.tenant:
        raise ConnectorError(400, "BadSyntax", "the tenant is missing")
    if wanted.tenant != teams.options.tenant_id:
        raise ConnectorError(403, "ForbiddenOperationException", "The tenant does not admit this bot.")
    person = teams.world.person_by_id(members[0].id)
    if person is None:
        raise ConnectorError(404, "MemberNotFound", "The member was not found in the tenant.")
    return teams.world.personal(person)
