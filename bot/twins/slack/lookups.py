"""The methods that look things up: auth.test, conversations.*, users.info."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any, Final

from bot.twins.slack import limits, shapes
from bot.twins.slack.answers import Args, SlackError
from bot.twins.slack.chat import own_channel, visible_channel
from bot.twins.slack.fake import FakeSlack
from bot.twins.slack.model import Channel, Message

TS: Final = re.compile(r"\d{1,10}(\.\d{1,6})?")


def auth_test(fake: FakeSlack, args: Args) -> dict[str, Any]:
    """auth.test: who the token is."""
    spec, bot = fake.workspace.spec, fake.workspace.bot
    answer = {
        "url": f"https://{spec.domain}.slack.com/",
        "team": spec.name,
        "user": bot.name,
        "team_id": spec.team_id,
        "user_id": bot.id,
        "bot_id": bot.bot_id,
        "is_enterprise_install": False,
    }
    return answer | ({"enterprise_id": spec.enterprise_id} if spec.enterprise_id else {})


def users_info(fake: FakeSlack, args: Args) -> dict[str, Any]:
    """users.info."""
    person = fake.workspace.persons.get(args.text("user"))
    if person is None:
        raise SlackError("user_not_found")
    shown = shapes.person(fake.workspace, person)
    return {"user": shown | ({"locale": person.locale} if args.flag("include_locale") else {})}


def conversations_open(fake: FakeSlack, args: Args) -> dict[str, Any]:
    """conversations.open: the same conversation however often it is asked for."""
    if args.has("channel"):
        channel = visible_channel(fake, args.text("channel"))
    else:
        channel = fake.workspace.dm(fake.workspace.persons[_addressee(fake, args)])
    again = {"no_op": True, "already_open": True} if channel.opened else {}
    channel.opened = True
    shown = shapes.channel(fake.workspace, channel) if args.flag("return_im") else {"id": channel.id}
    return {"channel": shown, **again}


def _addressee(fake: FakeSlack, args: Args) -> str:
    ids = [each.strip() for each in args.text("users", "").split(",") if each.strip()]
    if not ids:
        raise SlackError("users_list_not_supplied")
    if len(ids) > 1:
        raise SlackError(
            "invalid_arguments", details=("direct messages of several people are not simulated",)
        )
    person = fake.workspace.persons.get(ids[0])
    if person is None:
        raise SlackError("user_not_found")
    if person.deleted:
        raise SlackError("user_disabled")
    if person.is_bot:
        raise SlackError("cannot_dm_bot")
    return person.id


def conversations_info(fake: FakeSlack, args: Args) -> dict[str, Any]:
    """conversations.info."""
    channel = visible_channel(fake, args.text("channel"))
    shown = shapes.channel(fake.workspace, channel)
    count = {"num_members": len(channel.members)} if args.flag("include_num_members") else {}
    return {"channel": shown | count}


def conversations_members(fake: FakeSlack, args: Args) -> dict[str, Any]:
    """conversations.members, in pages."""
    channel = visible_channel(fake, args.text("channel"))
    limit = args.number("limit", limits.HISTORY_DEFAULT, most=limits.MEMBERS_MOST)
    after = _cursor(args, "member")
    left = channel.members
    if after:
        if after not in left:
            raise SlackError("invalid_cursor")
        left = left[left.index(after) + 1 :]
    page = left[:limit]
    more = len(left) > len(page)
    return {"members": page, "response_metadata": {"next_cursor": _pack("member", page[-1]) if more else ""}}


def conversations_history(fake: FakeSlack, args: Args) -> dict[str, Any]:
    """conversations.history: newest first, without replies and without what only one person saw."""
    channel = own_channel(fake, args.text("channel"))
    top = [each for each in channel.messages if not each.thread_ts or each.thread_ts == each.ts]
    return _page(fake, channel, list(reversed(top)), args)


def conversations_replies(fake: FakeSlack, args: Args) -> dict[str, Any]:
    """conversations.replies: a message and what was answered in its thread, oldest first."""
    channel = own_channel(fake, args.text("channel"))
    root = args.text("ts")
    if fake.workspace.find(channel, root) is None:
        raise SlackError("thread_not_found")
    return _page(
        fake, channel, [each for each in channel.messages if root in (each.ts, each.thread_ts)], args
    )


def _page(fake: FakeSlack, channel: Channel, found: Sequence[Message], args: Args) -> dict[str, Any]:
    limit = args.number("limit", limits.HISTORY_DEFAULT, most=limits.HISTORY_MOST)
    oldest, latest, inclusive = _moment(args, "oldest"), _moment(args, "latest"), args.flag("inclusive")
    found = [
        each
        for each in found
        if not each.deleted and not each.visible_to and _within(each.ts, oldest, latest, inclusive)
    ]
    after = _cursor(args, "next_ts")
    if after:
        places = [number for number, each in enumerate(found) if each.ts == after]
        if not places:
            raise SlackError("invalid_cursor")
        found = found[places[0] :]
    more = len(found) > limit
    with_metadata = args.flag("include_all_metadata")
    return {
        "messages": [
            shapes.message(fake.workspace, each, with_metadata=with_metadata) for each in found[:limit]
        ],
        "has_more": more,
        "pin_count": 0,
        "response_metadata": {"next_cursor": _pack("next_ts", found[limit].ts) if more else ""},
    }


def _moment(args: Args, name: str) -> str:
    text = args.text(name, "")
    if text and not TS.fullmatch(text):
        raise SlackError(f"invalid_ts_{name}")
    return "" if text in ("", "0") else text


def _within(ts: str, oldest: str, latest: str, inclusive: bool) -> bool:
    at = _microseconds(ts)
    low, high = _microseconds(oldest), _microseconds(latest)
    if oldest and (at < low or (at == low and not inclusive)):
        return False
    return not (latest and (at > high or (at == high and not inclusive)))


def _microseconds(ts: str) -> int:
    seconds, _, rest = ts.partition(".")
    return int(seconds or 0) * 1_000_000 + int((rest + "000000")[:6])


def _pack(kind: str, place: str) -> str:
    return base64.b64encode(f"{kind}:{place}".encode()).decode()


def _cursor(args: Args, kind: str) -> str:
    text = args.text("cursor", "")
    if not text:
        return ""
    try:
        found, _, place = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise SlackError("invalid_cursor") from None
    if found != kind or not place:
        raise SlackError("invalid_cursor")
    return place
