"""What the client of Teams makes of the bot's answer to an invoke."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from bot.twins.teams import cards

MESSAGE_TYPE: Final = "application/vnd.microsoft.activity.message"
ERROR_TYPE: Final = "application/vnd.microsoft.error"
LOGIN_TYPES: Final = (
    "application/vnd.microsoft.activity.loginRequest",
    "application/vnd.microsoft.error.invalidAuthCode",
)
UNABLE: Final = "Unable to reach app. Please try again."
UNAUTHORISED: Final = 401


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown; a card only when the answer was one."""

    shown: Literal["nothing", "card", "message", "error", "login", "unable"]
    text: str = ""
    card: dict[str, Any] | None = None
    problem: str = ""


class _Answer(msgspec.Struct, kw_only=True):
    status_code: int = msgspec.field(name="statusCode")
    type: str
    value: Any


class _Error(msgspec.Struct, kw_only=True):
    code: str
    message: str


def judge(status: int, content_type: str, body: bytes) -> Verdict:
    """Read an answer as strictly as Teams does: whatever is not whole is 'unable to reach app'."""
    if status != 200:
        return _unable(f"HTTP status {status} instead of 200")
    if content_type != "application/json":
        return _unable(f"content type {content_type} instead of application/json")
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, RecursionError) as fault:
        return _unable(f"not {{statusCode, type, value}}: {fault}")
    if answer.status_code == UNAUTHORISED and answer.type not in LOGIN_TYPES:
        return _unable(f"statusCode 401 must come with one of {', '.join(LOGIN_TYPES)}")
    return _by_type(answer)


def _by_type(answer: _Answer) -> Verdict:
    if answer.type in LOGIN_TYPES:
        if answer.status_code != UNAUTHORISED:
            return _unable(f"{answer.type} needs statusCode 401")
        return Verdict(shown="login", text="Sign in")
    if answer.type == ERROR_TYPE:
        return _error(answer)
    if answer.status_code != 200:
        return _unable(f"{answer.type} needs statusCode 200, not {answer.status_code}")
    if answer.type == MESSAGE_TYPE:
        if not isinstance(answer.value, str):
            return _unable("the value of a message must be a string")
        return Verdict(shown="message", text=answer.value)
    if answer.type == cards.CARD_TYPE:
        found = cards.problems(answer.value)
        return _unable("; ".join(found)) if found else Verdict(shown="card", card=answer.value)
    return _unable(f"unknown type of answer '{answer.type}'")


def _error(answer: _Answer) -> Verdict:
    if not 400 <= answer.status_code <= 599:
        return _unable(f"an error needs statusCode 400-599, not {answer.status_code}")
    try:
        error = msgspec.convert(answer.value, _Error)
    except msgspec.ValidationError as fault:
        return _unable(f"the value of an error must be {{code, message}}: {fault}")
    return Verdict(shown="error", text=error.message)


def _unable(problem: str) -> Verdict:
    return Verdict(shown="unable", text=UNABLE, problem=problem)
