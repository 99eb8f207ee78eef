"""What Slack's refusals mean for us, and what a person must do about them, in sentences.

The words are from Slack's method reference. Nothing of a message, a token or a channel's name is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from bot.core.errors import OutsideBusy, OutsideFailed, OutsideGone, OutsideUnclear

RETRY_AFTER_MAX_SECONDS: Final = 3600
"""A longer wait is looked at again after an hour."""

INVITE: Final = "Invite the bot there: /invite @ringmaster"

GONE: Final = {
    "channel_not_found": f"Slack shows us no such channel: it is gone, or private without us. {INVITE}",
    "not_in_channel": f"The bot is not in this Slack channel. {INVITE}",
    "is_archived": "This Slack channel is archived. Unarchive it, or bind another one.",
    "account_inactive": "The app's account in Slack is switched off. Install the app again.",
    "user_not_found": "Slack knows no such account. Link the person's account again.",
    "users_not_found": "Slack knows no such account. Link the person's account again.",
    "user_not_visible": "The bot may not see this Slack account. Link another one, or ask Slack's owner.",
    "user_disabled": "This Slack account is deactivated. Unlink it, or have it activated.",
    "user_not_in_channel": "The person is not in this Slack channel. Invite them, or tell them directly.",
    "cannot_dm_bot": "This Slack account is a bot, which gets no direct messages. Link the person's own.",
    "messages_tab_disabled": "The app's messages are switched off. Switch on its Messages tab in Slack.",
    "restricted_action": "The workspace does not let the bot post there. Ask Slack's owner to allow it.",
    "restricted_action_read_only_channel": "The bot may not post in this Slack channel. Let it post there.",
    "team_access_not_granted": "The app may not work in this workspace. Have it approved for it.",
    "message_not_found": "The message is not in Slack any more.",
    "cant_update_message": "Slack does not let the bot change this message any more.",
    "edit_window_closed": "Slack does not let the bot change this message any more.",
}
"""Trying again cannot help by itself."""

TOKEN: Final = {
    "not_authed": "Slack got no token from us. Check the bot token in the settings.",
    "invalid_auth": "Slack does not accept the bot token. Check it in the settings.",
    "token_revoked": "The bot token was revoked. Install the app again and put in the new token.",
    "token_expired": "The bot token has run out. Install the app again and put in the new token.",
    "missing_scope": "The app lacks a right in Slack. Install it again from its manifest.",
    "no_permission": "The app lacks a right in Slack. Install it again from its manifest.",
    "not_allowed_token_type": "This is no bot token. Put the one that begins with xoxb- into the settings.",
    "org_login_required": "The workspace is moving to an enterprise. Wait for that, then try again.",
}
"""An administrator must mend it; meanwhile the outbox tries on."""

UNSENDABLE: Final = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long"}
)
"""Slack does not take the message as it is; a shorter one may pass."""

UNCLEAR: Final = frozenset({"fatal_error", "internal_error", "request_timeout"})
"""Slack's own words for: part of it may have happened."""

BUSY_STATUS: Final = frozenset({429, 503})
BUSY: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded", "service_unavailable"})

_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")


class SlackRefused(OutsideFailed):
    """Slack said no in one word, and nothing took effect."""

    def __init__(self, why: str, *, error: str) -> None:
        super().__init__(why)
        self.error = error


def fault(
    method: str, *, status: int, error: str, headers: Mapping[str, str], changes: bool
) -> OutsideFailed:
    """What an answer that is no success means; `changes` is False for a call that only reads."""
    word = error if _WORD.match(error) else ""
    if status in BUSY_STATUS or word in BUSY:
        seconds = retry_after_seconds(headers.get("Retry-After"))
        return OutsideBusy(f"Slack asked for patience ({method}).", retry_after_seconds=seconds)
    if status >= 500 or word in UNCLEAR:
        return unclear(f"Slack failed at {method} ({word or status}).", changes=changes)
    if word in GONE:
        return OutsideGone(GONE[word])
    if word in TOKEN:
        return SlackRefused(TOKEN[word], error=word)
    return SlackRefused(f"Slack refused {method}: {word or f'status {status}'}.", error=word)


def unclear(why: str, *, changes: bool) -> OutsideFailed:
    """A call that only reads has never taken effect."""
    return OutsideUnclear(f"{why} It may have taken effect.") if changes else OutsideFailed(why)


def retry_after_seconds(header: str | None) -> int | None:
    """Slack sends whole seconds; anything else is no answer."""
    text = (header or "").strip()
    if not (text.isascii() and text.isdigit()):
        return None
    return min(int(text[:9]), RETRY_AFTER_MAX_SECONDS)
