"""The control door `/_control/...`: for tests, stories and the demo, never for the bot.

Needs the header X-Twin-Token. Bodies and answers are those of `wire.py`; what cannot be is a 409.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from bot.twins.slack import acts, forms, payloads, readouts, terminal
from bot.twins.slack.answers import NoSuchThing, json_answer
from bot.twins.slack.courier import FORM, Outcome
from bot.twins.slack.fake import FakeSlack
from bot.twins.slack.faults import BadFault, Fault
from bot.twins.slack.scenario import KINDS, BadScenario, ChannelSpec, PersonSpec, WorkspaceSpec
from bot.twins.slack.signing import BadTamper
from bot.twins.slack.wire import (
    Account,
    Advance,
    Again,
    BotAddress,
    Click,
    Close,
    Command,
    Echo,
    Member,
    OpenTab,
    Outage,
    Outcomes,
    Place,
    Post,
    Press,
    Raw,
    Say,
    Submit,
)
from bot.twins.slack.workspace import Workspace

FAKE: Final = web.AppKey("fake", FakeSlack)
PREFIX: Final = "/_control/"
TOKEN_HEADER: Final = "X-Twin-Token"  # noqa: S105 - the header's name
SCREEN_MESSAGES: Final = 20
"""What a terminal shows of a conversation when nobody says how much."""
LONGEST_LEAP_S: Final = 400 * 86_400
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Body = TypeVar("Body")


async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The door's own errors: 404 without its token, 400 for a body it cannot read, 409 for what cannot be."""
    shown = request.headers.get(TOKEN_HEADER, "").encode()
    if not hmac.compare_digest(shown, request.app[FAKE].options.control_token.encode()):
        return json_answer({"error": "not found"}, 404)
    try:
        return await handler(request)
    except (msgspec.MsgspecError, BadFault, BadTamper, BadScenario) as fault:
        return json_answer({"error": str(fault)}, 400)
    except NoSuchThing as fault:
        return json_answer({"error": str(fault)}, 409)


async def _body(request: web.Request, kind: type[Body]) -> Body:
    return msgspec.json.decode(await request.read(), type=kind)


def _act(kind: type[Body], act: Callable[[FakeSlack, Body], Awaitable[Outcome]]) -> Handler:
    """A route that is one act of a person."""

    async def handler(request: web.Request) -> web.StreamResponse:
        return json_answer(await act(request.app[FAKE], await _body(request, kind)))

    return handler


# --- deliveries ---


async def _post(fake: FakeSlack, act: Post) -> Outcome:
    return await fake.courier.send(act.body.encode(), act.content_type, act.tamper)


async def _again(fake: FakeSlack, act: Again) -> Outcome:
    if act.retry == 0:
        return await fake.courier.replay(act.delivery)
    return await fake.courier.repeat(act.delivery, act.retry, act.reason)


async def _echo(fake: FakeSlack, act: Echo) -> Outcome:
    channel = fake.workspace.channels.get(act.channel)
    message = fake.workspace.find(channel, act.ts) if channel else None
    if channel is None or message is None or message.visible_to:
        raise NoSuchThing("there is no such message that the platform would tell of")
    if message.edited:
        return await fake.courier.event(payloads.changed_event(fake, channel, message))
    return await fake.courier.event(payloads.message_event(fake, channel, message, "message"))


async def _due(request: web.Request) -> web.StreamResponse:
    return json_answer(Outcomes(outcomes=tuple(await request.app[FAKE].courier.deliver_due())))


async def _url_verification(request: web.Request) -> web.StreamResponse:
    body = {"token": payloads.LEGACY_TOKEN, "challenge": "fake-challenge", "type": "url_verification"}
    return json_answer(await request.app[FAKE].courier.event(body))


async def _ssl_check(request: web.Request) -> web.StreamResponse:
    fields = {"ssl_check": "1", "token": payloads.LEGACY_TOKEN}
    return json_answer(await request.app[FAKE].courier.send(urlencode(fields).encode(), FORM))


async def _raw(request: web.Request) -> web.StreamResponse:
    parcel = request.app[FAKE].courier.raw(request.match_info["delivery"])
    body = parcel.body.decode(errors="replace")
    return json_answer(Raw(body=body, headers=parcel.headers, content_type=parcel.content_type))


async def _press(fake: FakeSlack, act: Press) -> Outcome:
    return await acts.click(fake, terminal.newest(fake, act))


# --- the workspace ---


async def _set_up(request: web.Request) -> web.StreamResponse:
    fake = request.app[FAKE]
    fake.replace_workspace(await _body(request, WorkspaceSpec))
    return json_answer(readouts.state(fake))


async def _state(request: web.Request) -> web.StreamResponse:
    return json_answer(readouts.state(request.app[FAKE]))


async def _add_person(request: web.Request) -> web.StreamResponse:
    space, spec = request.app[FAKE].workspace, await _body(request, PersonSpec)
    if spec.kind not in KINDS or any(each.name == spec.name for each in space.persons.values()):
        raise NoSuchThing(f"{spec.name!r} exists, or {spec.kind!r} is no kind of person")
    space.add_person(spec)
    return json_answer(readouts.state(request.app[FAKE]))


async def _add_channel(request: web.Request) -> web.StreamResponse:
    space, spec = request.app[FAKE].workspace, await _body(request, ChannelSpec)
    if any(each.name == spec.name for each in space.channels.values()):
        raise NoSuchThing(f"there is a channel {spec.name!r}")
    space.add_channel(spec)
    return json_answer(readouts.state(request.app[FAKE]))


async def _account(request: web.Request) -> web.StreamResponse:
    change = await _body(request, Account)
    person = request.app[FAKE].workspace.person(change.person)
    if change.kind is not None and change.kind not in KINDS:
        raise NoSuchThing(f"kind must be one of {', '.join(KINDS)}")
    person.deleted = person.deleted if change.deleted is None else change.deleted
    person.kind = change.kind or person.kind
    person.real_name = change.real_name or person.real_name
    return json_answer({})


async def _place(request: web.Request) -> web.StreamResponse:
    change, space = await _body(request, Place), request.app[FAKE].workspace
    space.channel(change.channel, space.bot).archived = change.archived
    return json_answer({})


async def _member(fake: FakeSlack, act: Member) -> Outcome:
    space = fake.workspace
    person, channel = space.person(act.person), space.channel(act.channel, space.bot)
    if channel.is_dm or (person.id in channel.members) == act.present:
        raise NoSuchThing("nothing would change")
    told = _bot_in(space, channel.members)
    if act.present:
        channel.members.append(person.id)
    else:
        channel.members.remove(person.id)
    if not (told or _bot_in(space, channel.members)):
        return Outcome(delivery="", status=0, body="", elapsed_ms=0, problem="not for the bot")
    by = space.person(act.by).id if act.by else ""
    return await fake.courier.event(payloads.member_event(fake, channel, person, joined=act.present, by=by))


def _bot_in(space: Workspace, members: list[str]) -> bool:
    return space.bot.id in members


async def _advance(request: web.Request) -> web.StreamResponse:
    seconds = (await _body(request, Advance)).seconds
    if not 0 <= seconds <= LONGEST_LEAP_S:
        raise NoSuchThing("time goes forward, by at most 400 days")
    request.app[FAKE].workspace.ahead_s += seconds
    return json_answer(readouts.state(request.app[FAKE]))


async def _bot_address(request: web.Request) -> web.StreamResponse:
    request.app[FAKE].courier.url = (await _body(request, BotAddress)).url
    return json_answer({})


async def _reload(request: web.Request) -> web.StreamResponse:
    space = request.app[FAKE].workspace
    return json_answer({"gone": space.reload(space.person(request.match_info["person"]))})


# --- faults ---


async def _add_fault(request: web.Request) -> web.StreamResponse:
    faults = request.app[FAKE].faults
    faults.add(await _body(request, Fault))
    return json_answer({"faults": len(faults)})


async def _clear_faults(request: web.Request) -> web.StreamResponse:
    request.app[FAKE].faults.clear()
    return json_answer({"faults": 0})


async def _outage(request: web.Request) -> web.StreamResponse:
    request.app[FAKE].faults.outage = (await _body(request, Outage)).on
    return json_answer({})


# --- read-outs ---


async def _seen(request: web.Request) -> web.StreamResponse:
    query = request.query
    return json_answer(readouts.seen(request.app[FAKE], query.get("person", ""), query.get("channel", "")))


async def _screen(request: web.Request) -> web.StreamResponse:
    query = request.query
    last = query.get("last", "")
    number = int(last) if last.isascii() and last.isdigit() else SCREEN_MESSAGES
    shown = terminal.screen(request.app[FAKE], query.get("person", ""), query.get("channel", ""), number)
    return web.Response(text=shown)


async def _modal(request: web.Request) -> web.StreamResponse:
    return json_answer(readouts.screen(request.app[FAKE], request.query.get("person", "")))


async def _calls(request: web.Request) -> web.StreamResponse:
    after = request.query.get("after", "0")
    number = int(after) if after.isascii() and after.isdigit() else 0
    return json_answer(readouts.calls(request.app[FAKE], number, request.query.get("method", "")))


async def _notices(request: web.Request) -> web.StreamResponse:
    return json_answer(readouts.notices(request.app[FAKE], request.query.get("person", "")))


ROUTES: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "state", _state),
    ("POST", "workspace", _set_up),
    ("POST", "persons", _add_person),
    ("POST", "channels", _add_channel),
    ("POST", "account", _account),
    ("POST", "place", _place),
    ("POST", "member", _act(Member, _member)),
    ("POST", "advance", _advance),
    ("POST", "bot", _bot_address),
    ("POST", "reload/{person}", _reload),
    ("POST", "say", _act(Say, acts.say)),
    ("POST", "command", _act(Command, acts.command)),
    ("POST", "tab", _act(OpenTab, acts.open_tab)),
    ("POST", "click", _act(Click, acts.click)),
    ("POST", "press", _act(Press, _press)),
    ("POST", "submit", _act(Submit, forms.submit)),
    ("POST", "close", _act(Close, forms.close)),
    ("POST", "post", _act(Post, _post)),
    ("POST", "again", _act(Again, _again)),
    ("POST", "echo", _act(Echo, _echo)),
    ("POST", "due", _due),
    ("POST", "url_verification", _url_verification),
    ("POST", "ssl_check", _ssl_check),
    ("GET", "raw/{delivery}", _raw),
    ("POST", "faults", _add_fault),
    ("DELETE", "faults", _clear_faults),
    ("POST", "outage", _outage),
    ("GET", "seen", _seen),
    ("GET", "screen", _screen),
    ("GET", "modal", _modal),
    ("GET", "calls", _calls),
    ("GET", "notices", _notices),
)
