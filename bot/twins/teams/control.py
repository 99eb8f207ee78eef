"""The control door `/_control/...`: for tests and the demo, never the bot. Needs the header X-Twin-Token."""

from __future__ import annotations

import hmac
from typing import Final, TypeVar

import msgspec
from aiohttp import web

from bot.twins.teams import deeds, sight, terminal
from bot.twins.teams.connector import TEAMS
from bot.twins.teams.faults import Fault
from bot.twins.teams.model import Person
from bot.twins.teams.orders import (
    Address,
    Block,
    BotAddress,
    Click,
    Install,
    Membership,
    NewPerson,
    Outage,
    Press,
    Raw,
    Refresh,
    Resend,
    Say,
    Setup,
)
from bot.twins.teams.refusals import BadOrder, json_answer
from bot.twins.teams.service import Teams
from bot.twins.teams.world import guid, teams_id

TOKEN_HEADER: Final = "X-Twin-Token"  # noqa: S105 - the header's name
SCREEN_MESSAGES: Final = 20
"""What a terminal shows of a conversation when nobody says how much."""
Shape = TypeVar("Shape")


def check_token(request: web.Request) -> None:
    """Without the control token this door is not there."""
    shown = request.headers.get(TOKEN_HEADER, "").encode()
    if not hmac.compare_digest(shown, request.app[TEAMS].options.control_token.encode()):
        raise BadOrder("not found", 404)


async def _read(request: web.Request, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(await request.read() or b"{}", type=shape)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise BadOrder(str(fault)) from None


# --- the tenant ---


async def setup(request: web.Request) -> web.Response:
    """POST /_control/setup: people first, then the places they are in."""
    teams, order = request.app[TEAMS], await _read(request, Setup)
    arrange(teams, order)
    return json_answer(address_book(teams))


def arrange(teams: Teams, order: Setup) -> None:
    """Put people and places into the tenant; BadOrder for a name that is taken or unknown."""
    for person in order.people:
        teams.world.add_person(_person(teams, person))
    for team in order.teams:
        teams.world.add_team(team.name, team.channels, team.members)
    for chat in order.chats:
        teams.world.add_chat(chat.name, chat.members)


def _person(teams: Teams, new: NewPerson) -> Person:
    return Person(
        name=new.name,
        display=new.display or new.name.title(),
        teams_id=new.teams_id or teams_id(new.name),
        aad_id=new.aad_id or guid(f"person {new.name}"),
        tenant_id=new.tenant_id or teams.options.tenant_id,
        guest=new.guest,
        installed=new.installed,
    )


async def world(request: web.Request) -> web.Response:
    """GET /_control/world: names and ids."""
    return json_answer(address_book(request.app[TEAMS]))


def address_book(teams: Teams) -> Address:
    """Names and ids of everybody and everything."""
    return Address(
        tenant_id=teams.options.tenant_id,
        app_id=teams.options.app_id,
        service_url=teams.service_url,
        people={name: _shown(person) for name, person in teams.world.people.items()},
        conversations={place.name: place.id for place in teams.world.places.values()},
    )


def _shown(person: Person) -> NewPerson:
    return NewPerson(
        name=person.name,
        display=person.display,
        teams_id=person.teams_id,
        aad_id=person.aad_id,
        tenant_id=person.tenant_id,
        guest=person.guest,
        installed=person.installed,
    )


async def bot(request: web.Request) -> web.Response:
    """POST /_control/bot {url}."""
    request.app[TEAMS].deliveries.bot_url = (await _read(request, BotAddress)).url
    return json_answer({})


# --- what people do ---


async def say(request: web.Request) -> web.Response:
    """POST /_control/say."""
    return json_answer(await deeds.say(request.app[TEAMS], await _read(request, Say)))


async def click(request: web.Request) -> web.Response:
    """POST /_control/click."""
    return json_answer(await deeds.click(request.app[TEAMS], await _read(request, Click)))


async def press(request: web.Request) -> web.Response:
    """POST /_control/press: the newest button of that title."""
    teams = request.app[TEAMS]
    return json_answer(await deeds.click(teams, terminal.newest(teams, await _read(request, Press))))


async def refresh(request: web.Request) -> web.Response:
    """POST /_control/refresh."""
    return json_answer(await deeds.refresh(request.app[TEAMS], await _read(request, Refresh)))


async def install(request: web.Request) -> web.Response:
    """POST /_control/install."""
    return json_answer(await deeds.install(request.app[TEAMS], await _read(request, Install)))


async def membership(request: web.Request) -> web.Response:
    """POST /_control/membership."""
    return json_answer(await deeds.membership(request.app[TEAMS], await _read(request, Membership)))


async def block(request: web.Request) -> web.Response:
    """POST /_control/block: the bot is not told, it finds out."""
    order = await _read(request, Block)
    request.app[TEAMS].world.person(order.person).blocked = order.blocked
    return json_answer({})


async def raw(request: web.Request) -> web.Response:
    """POST /_control/raw: any activity."""
    return json_answer(await deeds.raw(request.app[TEAMS], await _read(request, Raw)))


async def resend(request: web.Request) -> web.Response:
    """POST /_control/resend {number?}: exactly that delivery again."""
    return json_answer(await deeds.resend(request.app[TEAMS], (await _read(request, Resend)).number))


# --- trouble ---


async def add_fault(request: web.Request) -> web.Response:
    """POST /_control/faults."""
    request.app[TEAMS].faults.add(await _read(request, Fault))
    return json_answer({})


async def clear_faults(request: web.Request) -> web.Response:
    """DELETE /_control/faults: also ends an outage."""
    request.app[TEAMS].faults.clear()
    return json_answer({})


async def outage(request: web.Request) -> web.Response:
    """POST /_control/outage {kind}: every call meets this fault until it is lifted with null."""
    request.app[TEAMS].faults.suffer((await _read(request, Outage)).kind)
    return json_answer({})


async def expire_tokens(request: web.Request) -> web.Response:
    """POST /_control/expire-tokens: the bot must log in again."""
    request.app[TEAMS].desk.expire_all()
    return json_answer({})


# --- read-outs ---


async def seen(request: web.Request) -> web.Response:
    """GET /_control/seen?person=&conversation=."""
    tenant = request.app[TEAMS].world
    person = tenant.person(request.query.get("person", ""))
    return json_answer(sight.seen(tenant, person, request.query.get("conversation") or f"@{person.name}"))


async def screen(request: web.Request) -> web.Response:
    """GET /_control/screen?person=&conversation=&last=: as words."""
    teams, query = request.app[TEAMS], request.query
    person = teams.world.person(query.get("person", ""))
    last = query.get("last", str(SCREEN_MESSAGES))
    if not last.isdecimal():
        raise BadOrder("'last' must be a number")
    shown = terminal.screen(teams, person, query.get("conversation") or f"@{person.name}", int(last))
    return web.Response(text=shown)


async def toasts(request: web.Request) -> web.Response:
    """GET /_control/toasts?person=."""
    person = request.app[TEAMS].world.person(request.query.get("person", ""))
    return json_answer(request.app[TEAMS].toasts.get(person.name, []))


async def notices(request: web.Request) -> web.Response:
    """GET /_control/notices?person=."""
    person = request.app[TEAMS].world.person(request.query.get("person", ""))
    return json_answer(request.app[TEAMS].notices.get(person.name, []))


async def log(request: web.Request) -> web.Response:
    """GET /_control/log?after=N: the bot's calls in order."""
    return json_answer(request.app[TEAMS].log[_after(request) :])


async def receipts(request: web.Request) -> web.Response:
    """GET /_control/receipts?after=N: what became of deliveries, in the order in which they were settled."""
    return json_answer(request.app[TEAMS].deliveries.receipts[_after(request) :])


def _after(request: web.Request) -> int:
    text = request.query.get("after", "0")
    if not text.isdecimal():
        raise BadOrder("'after' must be a number")
    return int(text)
