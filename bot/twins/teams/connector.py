"""The Bot Connector's REST side: conversations, activities, rosters, teams.

Compared, call by call, with the Agents Playground (0.2.28), the one other connector that can be asked. The
same here and there: statuses, error codes and bodies of what is posted, changed, not found and too large;
202 without an id for typing and for a message of several parts. Stricter here than there, as Teams is:
limits of rate, cards that Teams does not draw, mentions that name nobody, attachments of other kinds, a
chat without tenant or member (it answers 500 or takes it). Only here: deleting (it answers 501), Entra
object ids where a chat is opened (it knows its own ids alone). Not copied: a page of HTML for a body that
is no JSON, its code BadArgument where this says BadSyntax.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from aiohttp import web

from bot.twins.teams import cards
from bot.twins.teams.limits import ADVISED_UTF16_BYTES, LARGEST_UTF16_BYTES, RateKind, utf16_bytes
from bot.twins.teams.model import BOT, Message, Person, Place, Posted
from bot.twins.teams.orders import LogEntry
from bot.twins.teams.parts import parts
from bot.twins.teams.refusals import ConnectorError, html_refusal, json_answer
from bot.twins.teams.service import Teams
from bot.twins.teams.world import THREAD_MARK

TEAMS: Final = web.AppKey("teams", Teams)
ENTRY: Final = web.RequestKey("entry", LogEntry)
POSTABLE: Final = ("message", "typing")
PAGE_BOUNDS: Final = (50, 500)
"""The service's least and greatest page of a roster."""
DEFAULT_PAGE: Final = 200


class TooBusy(Exception):
    """A limit of the service is reached; carries the seconds to wait."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"{wait_s} s")
        self.wait_s = wait_s


class TooBig(Exception):
    """The payload is over the size that the service takes."""


def count(teams: Teams, kind: RateKind, key: str) -> None:
    """Count a call against the limits, or refuse it."""
    wait_s = teams.rates.wait_s(kind, key, teams.now().timestamp())
    if wait_s is not None:
        raise TooBusy(wait_s)


# --- activities ---


async def send(request: web.Request) -> web.Response:
    """POST /v3/conversations/{id}/activities, also with an activity behind it that is answered.

    The conversation's id alone says where it stands: with ;messageid= in that thread, in a channel without it
    in a new one.
    """
    teams, place, root = _conversation(request)
    raw = await read_object(request)
    count(teams, "send", place.id)
    return await _posted(teams, place, root, accepted(request, raw))


async def _posted(teams: Teams, place: Place, root: str | None, posted: Posted) -> web.Response:
    may_write(teams, place)
    if posted.type == "typing":
        return web.Response(status=202)
    shown = show(teams, place, root if place.kind == "channel" else None, posted)
    return web.Response(status=202) if len(shown) > 1 else json_answer({"id": shown[0].id}, 201)


def show(teams: Teams, place: Place, root: str | None, posted: Posted) -> list[Message]:
    """Put what the bot posted before people, as the messages that Teams makes of it."""
    shown = [teams.world.say(place, root, BOT, part) for part in parts(posted)]
    for message in shown:
        teams.notify(place, message)
    return shown


async def update(request: web.Request) -> web.Response:
    """PUT .../activities/{activity}: everybody sees the new one, also those who had a view of their own."""
    teams, place, root = _conversation(request)
    raw = await read_object(request)
    count(teams, "send", place.id)
    posted = accepted(request, raw)
    may_write(teams, place)
    message = _own_message(request, teams, place, root)
    if len(parts(posted)) > 1:
        raise _bad("Activity resulted into multiple skype activities")
    message.posted = posted
    message.views.clear()
    message.edits += 1
    return json_answer({"id": message.id})


async def delete(request: web.Request) -> web.Response:
    """DELETE .../activities/{activity}."""
    teams, place, root = _conversation(request)
    count(teams, "send", place.id)
    may_write(teams, place)
    _own_message(request, teams, place, root).deleted = True
    return web.Response(status=200)


def _own_message(request: web.Request, teams: Teams, place: Place, root: str | None) -> Message:
    message = teams.world.message(place, request.match_info["activity"])
    if message is None or root not in (None, message.root):
        raise ConnectorError(404, "ActivityNotFoundInConversation", "The activity was not found.")
    if message.author != BOT:
        raise ConnectorError(403, "ForbiddenOperationException", "The message belongs to somebody else.")
    return message


def accepted(request: web.Request, raw: dict[str, Any]) -> Posted:
    """What the bot wants to post, if Teams takes it; its size and what it thinks go to the log."""
    entry = request[ENTRY]
    place = request.match_info.get("conversation", "").partition(THREAD_MARK)[0]
    request.app[TEAMS].receive(place, msgspec.json.encode(raw))
    entry.utf16_bytes = utf16_bytes(raw)
    if entry.utf16_bytes > LARGEST_UTF16_BYTES:
        raise TooBig
    if entry.utf16_bytes > ADVISED_UTF16_BYTES:
        entry.warnings.append(f"{entry.utf16_bytes} bytes, over {ADVISED_UTF16_BYTES} advised")
    try:
        posted = msgspec.convert(raw, Posted)
    except msgspec.ValidationError as fault:
        raise _bad(str(fault)) from None
    if posted.type not in POSTABLE:
        raise _bad(f"an activity of type '{posted.type}' cannot be posted")
    if posted.type == "message":
        _check_message(posted, entry)
    return posted


def _check_message(posted: Posted, entry: LogEntry) -> None:
    if not posted.text and not posted.attachments:
        raise _bad("a message needs a text or an attachment")
    for entity in posted.entities or []:
        if entity.type == "mention" and (not entity.text or entity.text not in (posted.text or "")):
            raise _bad("the text of a mention must stand in the message")
    for attachment in posted.attachments or []:
        if attachment.content_type != cards.CARD_TYPE:
            raise _bad(f"attachments of type '{attachment.content_type}' are not taken here")
        found = cards.problems(attachment.content)
        if found:
            raise _bad("; ".join(found))
        entry.warnings += cards.warnings(attachment.content)


# --- rosters and teams ---


async def paged_members(request: web.Request) -> web.Response:
    """GET .../pagedmembers?pageSize=&continuationToken=."""
    teams, place, _ = _conversation(request)
    count(teams, "read", place.id)
    _must_be_in(teams, place)
    people, start = teams.world.roster(place), _page_start(request)
    size = _page_size(request)
    answer: dict[str, Any] = {"members": [account(person) for person in people[start : start + size]]}
    if start + size < len(people):
        answer["continuationToken"] = f"page-{start + size}"
    return json_answer(answer)


def _page_start(request: web.Request) -> int:
    word, _, number = request.query.get("continuationToken", "page-0").partition("-")
    if word != "page" or not number.isdecimal():
        raise _bad("the continuation token is not one of ours")
    return int(number)


def _page_size(request: web.Request) -> int:
    text = request.query.get("pageSize", str(DEFAULT_PAGE))
    if not text.isdecimal():
        raise _bad("pageSize is not a number")
    low, high = PAGE_BOUNDS
    return min(max(int(text), low), high)


async def members(request: web.Request) -> web.Response:
    """GET .../members: the older call, everybody at once."""
    teams, place, _ = _conversation(request)
    count(teams, "read", place.id)
    _must_be_in(teams, place)
    return json_answer([account(person) for person in teams.world.roster(place)])


async def member(request: web.Request) -> web.Response:
    """GET .../members/{member}, by Teams id or directory object id."""
    teams, place, _ = _conversation(request)
    count(teams, "read", place.id)
    _must_be_in(teams, place)
    person = teams.world.person_by_id(request.match_info["member"])
    if person is None or person not in teams.world.roster(place):
        raise ConnectorError(404, "MemberNotFoundInConversation", "The member was not found.")
    return json_answer(account(person))


def account(person: Person) -> dict[str, Any]:
    """A person as rosters show them."""
    address = f"{person.name}@{person.tenant_id}.example"
    return {
        "id": person.teams_id,
        "name": person.display,
        "aadObjectId": person.aad_id,
        "objectId": person.aad_id,
        "givenName": person.display.partition(" ")[0],
        "surname": person.display.partition(" ")[2],
        "email": address,
        "userPrincipalName": address,
        "tenantId": person.tenant_id,
        "userRole": "guest" if person.guest else "user",
    }


async def team_details(request: web.Request) -> web.Response:
    """GET /v3/teams/{team}."""
    teams, place = _team_place(request)
    team = place.team
    if team is None:
        raise _not_found()
    channels = [p for p in teams.world.places.values() if p.team is team]
    details = {"id": team.id, "name": team.name, "aadGroupId": team.group_id, "type": "standard"}
    return json_answer(details | {"channelCount": len(channels), "memberCount": len(team.members)})


async def team_channels(request: web.Request) -> web.Response:
    """GET /v3/teams/{team}/conversations; General has no name, as in Teams."""
    teams, place = _team_place(request)
    channels = [
        {"id": p.id, "type": "standard", "name": None if p.id == place.id else p.name.partition("/")[2]}
        for p in teams.world.places.values()
        if p.team is place.team
    ]
    return json_answer({"conversations": channels})


def _team_place(request: web.Request) -> tuple[Teams, Place]:
    teams = request.app[TEAMS]
    place = teams.world.places.get(request.match_info["team"])
    if place is None or place.team is None or place.team.id != place.id:
        raise _not_found()
    count(teams, "read", place.id)
    _must_be_in(teams, place)
    return teams, place


# --- what all of them ask ---


def _conversation(request: web.Request) -> tuple[Teams, Place, str | None]:
    teams = request.app[TEAMS]
    base, _, root = request.match_info["conversation"].partition(THREAD_MARK)
    place = teams.world.places.get(base)
    if place is None:
        raise _not_found()
    if root:
        first = teams.world.messages.get(root)
        if place.kind != "channel" or first is None or first.place != place.id or first.root != root:
            raise _not_found()
    return teams, place, root or None


def may_write(teams: Teams, place: Place) -> None:
    """The bot is there, and in a personal chat it is welcome."""
    _must_be_in(teams, place)
    if place.kind == "personal" and teams.world.people[place.members[0]].blocked:
        words = '{"subCode":"MessageWritesBlocked","details":"Thread is blocked for message writes."}'
        raise ConnectorError(403, "MessageWritesBlocked", words)


def _must_be_in(teams: Teams, place: Place) -> None:
    if not teams.world.bot_is_in(place):
        words = "The bot is not part of the conversation roster."
        raise ConnectorError(403, "BotNotInConversationRoster", words)


async def read_object(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object."""
    try:
        body = msgspec.json.decode(await request.read())
    except (msgspec.DecodeError, RecursionError):
        raise _bad("the body is not JSON") from None
    if not isinstance(body, dict):
        raise _bad("the body is not an object")
    return body


def _bad(words: str) -> ConnectorError:
    return ConnectorError(400, "BadSyntax", words)


def _not_found() -> ConnectorError:
    return ConnectorError(404, "ConversationNotFound", "Conversation not found.")


def too_big() -> web.Response:
    """413 with a page, as the gateway answers."""
    return html_refusal(413, "Request Entity Too Large")
