"""Who the bot is in Slack, and what Slack says of the accounts that write to it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from bot.core.errors import OutsideFailed
from bot.surfaces.slack.web import CALL_SECONDS, QUICK_SECONDS, SlackWeb

log = logging.getLogger(__name__)

ACCOUNT_KEPT: Final = timedelta(minutes=15)
"""So long somebody may still count as a member after they were made a guest."""
FAILURE_KEPT: Final = timedelta(seconds=30)
"""So long nobody is asked again after Slack did not answer: each question delays somebody's click."""
ACCOUNTS_MAX: Final = 5_000


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """Our own account, and the installation it is in."""

    team: str
    enterprise: str
    user: str
    bot: str

    def realm(self) -> str:
        """What the house calls this installation: the enterprise, else the team."""
        return self.enterprise or self.team


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What users.info says of somebody."""

    team: str = ""
    enterprise: str = ""
    guest: bool = False
    bot: bool = False
    stranger: bool = False
    """Of an organisation that shares a channel with ours."""


class People:
    """Asks Slack, and remembers for a while."""

    def __init__(self, web: SlackWeb, now: Callable[[], datetime]) -> None:
        self._web = web
        self._now = now
        self._own: Own | None = None
        self._not_before: datetime | None = None
        self._accounts: dict[str, tuple[datetime, Account | None]] = {}

    async def own(self, *, patient: bool = False) -> Own | None:
        """Ourselves; learned once. None when Slack cannot be asked just now.

        `patient` where nobody's click waits for it: then it is asked in any case, and given its time.
        """
        if self._own is None and (patient or self._not_before is None or self._not_before <= self._now()):
            seconds = CALL_SECONDS if patient else QUICK_SECONDS
            try:
                self._own = _own(await self._web.look("auth.test", {}, seconds=seconds))
            except OutsideFailed as failed:
                log.warning("Slack did not say who the bot is: %s", failed)
                self._not_before = self._now() + FAILURE_KEPT
        return self._own

    async def account(self, user: str) -> Account | None:
        """What Slack says of this account; None when it cannot be known just now."""
        kept = self._accounts.get(user)
        if kept is not None and kept[0] > self._now():
            return kept[1]
        try:
            told = await self._web.look("users.info", {"user": user}, seconds=QUICK_SECONDS)
            account: Account | None = _account(told)
        except OutsideFailed as failed:
            log.warning("Slack did not say what kind of account somebody has: %s", failed)
            account = None
        self._keep(user, account)
        return account

    def _keep(self, user: str, account: Account | None) -> None:
        if len(self._accounts) >= ACCOUNTS_MAX:
            self._accounts.clear()
        self._accounts[user] = (self._now() + (ACCOUNT_KEPT if account else FAILURE_KEPT), account)


def _own(told: dict[str, Any]) -> Own:
    team, user = _text(told, "team_id"), _text(told, "user_id")
    if not team or not user:
        raise OutsideFailed("Slack's answer to auth.test made no sense.")
    return Own(team=team, enterprise=_text(told, "enterprise_id"), user=user, bot=_text(told, "bot_id"))


def _account(told: dict[str, Any]) -> Account:
    user = told.get("user")
    if not isinstance(user, dict):
        raise OutsideFailed("Slack's answer to users.info made no sense.")
    above = user.get("enterprise_user")
    return Account(
        team=_text(user, "team_id"),
        enterprise=_text(above, "enterprise_id") if isinstance(above, dict) else "",
        guest=any(user.get(name) is True for name in ("is_restricted", "is_ultra_restricted")),
        bot=user.get("is_bot") is True,
        stranger=user.get("is_stranger") is True,
    )


def _text(thing: dict[str, Any], name: str) -> str:
    value = thing.get(name)
    return value if isinstance(value, str) else ""
