"""What the channel service's answers mean for us: the id of a message, or why there is none."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec

from bot.core.errors import OutsideBusy, OutsideFailed, OutsideGone, OutsideUnclear
from bot.surfaces.teams.http import HttpAnswer

BUSY: Final = frozenset({412, 429, 503})
"""Not done, and to be tried again: Microsoft's page on rate limits names 412 and 429."""
UNCLEAR: Final = frozenset({408, 500, 502, 504})
"""To be tried again too, but a gateway that lost patience cannot say whether it was done."""
TOO_LARGE: Final = 413
RETRY_DEFAULT_SECONDS: Final = 5
"""Teams often names no time with its 429."""
RETRY_MOST_SECONDS: Final = 3_600
_CODE: Final = re.compile(r"[A-Za-z0-9_]{1,60}")

BLOCKED: Final = frozenset({"MessageWritesBlocked", "ConversationBlockedByUser"})
NOT_HERE: Final = frozenset({"BotNotInConversationRoster", "ForbiddenOperationException"})


class TooBig(OutsideFailed):
    """The message is larger than Teams takes; a smaller one may be tried."""


class _Error(msgspec.Struct, frozen=True, kw_only=True):
    code: str = ""


class _ErrorRow(msgspec.Struct, frozen=True, kw_only=True):
    error: _Error = _Error()


class _IdRow(msgspec.Struct, frozen=True, kw_only=True):
    id: str


def check(answer: HttpAnswer, now: datetime, *, personal: bool) -> None:
    """Nothing for a 2xx; else the error that says what it means. The body may be anything, HTML included."""
    status = answer.status
    if 200 <= status < 300:
        return
    if status in BUSY:
        wait = retry_after_seconds(answer.retry_after, now)
        raise OutsideBusy(
            f"Teams asked for patience ({status}).",
            retry_after_seconds=RETRY_DEFAULT_SECONDS if wait is None else wait,
        )
    if status in UNCLEAR:
        raise OutsideUnclear(f"Teams answered {status}: it may have taken the message or not.")
    if status == TOO_LARGE:
        raise TooBig("The message is too large for Teams.")
    if status in (403, 404):
        raise OutsideGone(_gone(status, _code(answer.body), personal=personal))
    if status == 401:
        raise OutsideFailed("Teams refuses the bot's token: check app id, secret and Entra tenant.")
    code = _code(answer.body)
    raise OutsideFailed(f"Teams refused the message ({status}{' ' + code if code else ''}).")


def id_in(answer: HttpAnswer) -> str:
    """The id in a good answer; OutsideUnclear when it was taken and we cannot say under which name."""
    try:
        found = msgspec.json.decode(answer.body, type=_IdRow).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = ""
    if not found:
        raise OutsideUnclear("Teams took the message and named no id for it.")
    return found


def retry_after_seconds(header: str | None, now: datetime) -> int | None:
    """Both forms of the header, RFC 9110 section 10.2.3: seconds, or a date."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), RETRY_MOST_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0, round((moment - now).total_seconds())), RETRY_MOST_SECONDS)


def _gone(status: int, code: str, *, personal: bool) -> str:
    if code in BLOCKED:
        return "This person has blocked the app in Teams, or removed it. They must add it again themselves."
    if personal:
        return (
            "The app cannot write to this person in Teams: it is not there for them. Add it for them, or let "
            "them add it in a personal chat."
        )
    if status == 404 and code not in NOT_HERE:
        return (
            "Teams does not know this conversation or message any more: it was deleted, or the app was "
            "removed. Add the app there again and mention it once."
        )
    return "The app is not in this team or chat in Teams. Add it to the team, then mention it there once."


def _code(body: bytes) -> str:
    """The service's own word for the error, if it is one word."""
    try:
        code = msgspec.json.decode(body, type=_ErrorRow).error.code
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return code if _CODE.fullmatch(code) else ""
