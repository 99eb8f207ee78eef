"""Answers for one person's eyes: by the address that came with the click, else as an ephemeral message.

They run after the HTTP answer has left and are in no outbox: tried a few times, then given up with a line in
the log. What was decided stands in any case; its card says so.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from bot.core.errors import OutsideBusy, OutsideFailed
from bot.surfaces.slack import held as holding
from bot.surfaces.slack.drawing import answer_body, sentence, versions
from bot.surfaces.slack.faults import UNSENDABLE, SlackRefused
from bot.surfaces.slack.held import Held
from bot.surfaces.slack.inbound import is_direct
from bot.surfaces.slack.web import SlackWeb
from cards.blockkit import SlackMessage
from cards.blockkit_forms import render_form
from cards.model import Card, Form

log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]

TRIES: Final = 3
WAIT_MAX_SECONDS: Final = 30
"""Longer nobody waits for a private answer."""
TRIGGER_SECONDS: Final = 3.0
"""A trigger id lives so long."""
NOT_OPENED: Final = "Slack did not open the form in time. If you see none, press the button again"


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets a private answer, and by which ways."""

    channel: str
    user: str
    thread: str = ""
    response_url: str = ""
    replaces: bool = False
    """It takes the place of the private answer that was clicked."""


class Private:
    """Shows cards and forms to one person."""

    def __init__(self, web: SlackWeb, sleep: Sleep) -> None:
        self._web = web
        self._sleep = sleep

    async def show(self, where: Where, card: Card, zone: ZoneInfo) -> None:
        """Show the card, shorter if Slack refuses it whole; trouble is logged, never raised."""
        for version in versions(card, zone):
            try:
                await self._deliver(where, version())
                return
            except SlackRefused as no:
                if no.error not in UNSENDABLE:
                    break
            except OutsideFailed as failed:
                log.warning("a private answer could not be shown: %s", failed)
                return
        log.warning("Slack did not take a private answer")

    async def open(
        self, trigger: str, form: Form, held: Held, where: Where, zone: ZoneInfo, typed: str = ""
    ) -> None:
        """Open the form; if Slack does not, say so and how else it goes."""
        metadata = holding.write(held)
        try:
            if not metadata or not trigger:
                raise OutsideFailed("this form cannot be opened here")
            view = render_form(form, zone, private_metadata=metadata)
            arguments = {"trigger_id": trigger, "view": view}
            await self._web.change("views.open", arguments, seconds=TRIGGER_SECONDS)
        except OutsideFailed as failed:
            log.warning("a form could not be opened: %s", failed)
            otherwise = f", or type: {typed}" if typed else ", or type what you want: help shows how."
            told = msgspec.structs.replace(where, replaces=False)
            await self.show(told, sentence(f"{NOT_OPENED}{otherwise}"), zone)

    async def _deliver(self, where: Where, message: SlackMessage) -> None:
        if where.response_url and await self._by_address(where, message):
            return
        await self._by_method(where, message)

    async def _by_address(self, where: Where, message: SlackMessage) -> bool:
        """True when it was taken. Used up, too old, or not Slack's: there is another way."""
        kind: dict[str, Any] = {"response_type": "ephemeral", "replace_original": where.replaces}
        try:
            await self._web.respond(where.response_url, {**kind, **answer_body(message)})
        except OutsideFailed:
            return False
        return True

    async def _by_method(self, where: Where, message: SlackMessage) -> None:
        """A plain message where nobody else reads, an ephemeral one elsewhere."""
        direct = is_direct(where.channel)
        method = "chat.postMessage" if direct else "chat.postEphemeral"
        arguments = {
            "channel": where.channel,
            "user": None if direct else where.user,
            "thread_ts": where.thread or None,
            **answer_body(message),
        }
        for left in reversed(range(TRIES)):
            try:
                await self._web.change(method, arguments)
                return
            except OutsideBusy as busy:
                if not left:
                    raise
                await self._sleep(min(busy.retry_after_seconds or 1, WAIT_MAX_SECONDS))
