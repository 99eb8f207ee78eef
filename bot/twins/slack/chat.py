"""The methods chat.*: posting, changing and deleting, each checked as Slack checks it."""

from __future__ import annotations

from typing import Any, NamedTuple

from bot.twins.slack import shapes
from bot.twins.slack.answers import Args, SlackError
from bot.twins.slack.checks import check_message, check_metadata, check_update_text
from bot.twins.slack.fake import FakeSlack
from bot.twins.slack.model import Block, Channel, Message


class Content(NamedTuple):
    """What a call wants shown."""

    text: str
    blocks: tuple[Block, ...]
    metadata: dict[str, Any] | None


def visible_channel(fake: FakeSlack, channel_id: str) -> Channel:
    """A conversation the bot knows of: a private one only from inside, direct messages once they are open."""
    channel = fake.workspace.channels.get(channel_id)
    hidden = channel is not None and (
        (channel.private and fake.workspace.bot.id not in channel.members)
        or (channel.is_dm and not channel.opened)
    )
    if channel is None or hidden:
        raise SlackError("channel_not_found")
    return channel


def own_channel(fake: FakeSlack, channel_id: str) -> Channel:
    """A conversation that the bot is in."""
    channel = visible_channel(fake, channel_id)
    if fake.workspace.bot.id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def open_channel(fake: FakeSlack, channel_id: str, closed_word: str = "is_archived") -> Channel:
    """A conversation in which the bot may write."""
    channel = own_channel(fake, channel_id)
    if channel.archived:
        raise SlackError(closed_word)
    return channel


def content_of(args: Args) -> Content:
    """Text, blocks and metadata, checked."""
    if args.has("attachments"):
        raise SlackError("invalid_arguments", details=("attachments are not simulated, use blocks",))
    text = args.text("text", "")
    blocks = check_message(args.json("blocks", "invalid_blocks_format"), text)
    return Content(text, blocks, check_metadata(args.json("metadata", "invalid_metadata_format")))


def post_message(fake: FakeSlack, args: Args) -> dict[str, Any]:
    """chat.postMessage."""
    target = args.text("channel")
    if target in fake.workspace.persons:  # Slack takes a user id for the direct messages with that user
        dm = fake.workspace.dm(fake.workspace.persons[target])
        dm.opened = True
        target = dm.id
    channel = open_channel(fake, target)
    content = content_of(args)
    thread_ts = _thread(fake, channel, args)
    fake.rate_message(channel.id)
    message = fake.workspace.post(
        channel,
        fake.workspace.bot.id,
        content.text,
        content.blocks,
        metadata=content.metadata,
        thread_ts=thread_ts,
    )
    shown = shapes.message(fake.workspace, message, with_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


def _thread(fake: FakeSlack, channel: Channel, args: Args) -> str:
    thread_ts = args.text("thread_ts", "")
    if thread_ts and fake.workspace.find(channel, thread_ts) is None:
        raise SlackError("thread_not_found")
    return thread_ts


def post_ephemeral(fake: FakeSlack, args: Args) -> dict[str, Any]:
    """chat.postEphemeral: for one member's eyes; it has no place in the history and cannot be changed."""
    channel = open_channel(fake, args.text("channel"))
    user_id = args.text("user")
    person = fake.workspace.persons.get(user_id)
    if person is None or person.deleted or user_id not in channel.members:
        raise SlackError("user_not_in_channel")
    content = content_of(args)
    message = fake.workspace.post(
        channel, fake.workspace.bot.id, content.text, content.blocks, visible_to=user_id
    )
    return {"message_ts": message.ts}


def _own_message(fake: FakeSlack, channel: Channel, args: Args, refused: str) -> Message:
    message = fake.workspace.find(channel, args.text("ts"))
    if message is None or message.visible_to:
        raise SlackError("message_not_found")
    if message.user_id != fake.workspace.bot.id:
        raise SlackError(refused)
    return message


def update(fake: FakeSlack, args: Args) -> dict[str, Any]:
    """chat.update: what is not given stays; an empty list takes the blocks away, {} the metadata."""
    channel = open_channel(fake, args.text("channel"), "is_inactive")
    message = _own_message(fake, channel, args, "cant_update_message")
    if args.has("attachments"):
        raise SlackError("invalid_arguments", details=("attachments are not simulated, use blocks",))
    text = args.text("text", "")
    given = args.json("blocks", "invalid_blocks_format")
    blocks = check_message(given, text)
    check_update_text(text)
    metadata = args.json("metadata", "invalid_metadata_format")
    kept = message.now
    fake.workspace.change(
        message,
        text or kept.text,
        kept.blocks if given is None else blocks,
        kept.metadata if metadata is None else None if metadata == {} else check_metadata(metadata),
    )
    shown = shapes.message(fake.workspace, message, with_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "text": message.now.text, "message": shown}


def delete(fake: FakeSlack, args: Args) -> dict[str, Any]:
    """chat.delete: own messages only."""
    channel = own_channel(fake, args.text("channel"))
    message = _own_message(fake, channel, args, "cant_delete_message")
    message.deleted = True
    return {"channel": channel.id, "ts": message.ts}
