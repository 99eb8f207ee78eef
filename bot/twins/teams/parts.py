"""What Teams makes of one posted message: a text and cards beside it become several messages."""

from __future__ import annotations

from typing import Final

import msgspec

from bot.twins.teams import cards
from bot.twins.teams.model import Posted

CAROUSEL: Final = "carousel"


def parts(posted: Posted) -> list[Posted]:
    """The messages that people see: the text alone, then every attachment; those of a carousel are one.

    Seen in BotFramework-Services issue 98 and in the Agents Playground: a message of several parts is taken
    with 202 and no id, and no message can be changed into one.
    """
    attached = posted.attachments or []
    cards = [attached] if attached and posted.attachment_layout == CAROUSEL else [[one] for one in attached]
    alone = [msgspec.structs.replace(posted, attachments=None)] if posted.text else []
    return [*alone, *(msgspec.structs.replace(posted, text=None, attachments=some) for some in cards)]


def meant(posted: Posted) -> set[str]:
    """The ids of those who are called, in the text or on a card."""
    found = {entity.mentioned.id for entity in posted.entities or [] if entity.mentioned is not None}
    for attachment in posted.attachments or []:
        found |= cards.mentioned(attachment.content)
    return found
