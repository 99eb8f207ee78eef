"""POSTs to response URLs: five uses within thirty minutes, no token needed."""

from __future__ import annotations

from typing import Any, Final

from bot.twins.slack import limits
from bot.twins.slack.answers import Args, SlackError
from bot.twins.slack.chat import content_of
from bot.twins.slack.fake import FakeSlack
from bot.twins.slack.model import Channel, Message, ResponseUrl

RESPONSE_TYPES: Final = ("ephemeral", "in_channel")
GONE: Final = 404


def answer(fake: FakeSlack, path: str, body: dict[str, Any]) -> None:
    """Do what the body asks for; a body that is refused does not use the URL up."""
    right = _right(fake, path)
    args = Args(body)
    source = _source(fake, right)
    channel = fake.workspace.channels[right.channel_id]
    if args.flag("delete_original"):
        _existing(source).deleted = True
    elif args.flag("replace_original"):
        content = content_of(args)
        original = _existing(source)
        kept = content.metadata or original.now.metadata
        fake.workspace.change(original, content.text, content.blocks, kept)
    else:
        show(fake, channel, right.user_id, args)
    right.used += 1


def show(fake: FakeSlack, channel: Channel, user_id: str, args: Args) -> Message:
    """A new message: for this person alone, unless it says `in_channel`."""
    kind = args.text("response_type", "ephemeral")
    if kind not in RESPONSE_TYPES:
        raise SlackError("invalid_arguments", details=("response_type must be ephemeral or in_channel",))
    content = content_of(args)
    return fake.workspace.post(
        channel,
        fake.workspace.bot.id,
        content.text,
        content.blocks,
        metadata=content.metadata,
        visible_to=user_id if kind == "ephemeral" else "",
    )


def _right(fake: FakeSlack, path: str) -> ResponseUrl:
    right = fake.response_urls.get(path)
    if right is None:
        raise SlackError("invalid_url", status=GONE)
    if fake.workspace.now_s() - right.at_s > limits.RESPONSE_URL_S:
        raise SlackError("expired_url", status=GONE)
    if right.used >= limits.RESPONSE_URL_USES:
        raise SlackError("used_url", status=GONE)
    return right


def _source(fake: FakeSlack, right: ResponseUrl) -> Message | None:
    if not right.source_ts:
        return None
    return fake.workspace.find(fake.workspace.channels[right.channel_id], right.source_ts)


def _existing(source: Message | None) -> Message:
    if source is None:
        raise SlackError("message_not_found", status=GONE)
    return source
