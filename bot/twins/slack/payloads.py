"""The payloads that Slack sends: commands, events, clicks, submissions. Shapes as slack_bolt reads them."""

from __future__ import annotations

from typing import Any, Final

from bot.twins.slack import shapes
from bot.twins.slack.escaping import escaped, typed
from bot.twins.slack.fake import FakeSlack
from bot.twins.slack.model import Channel, Message, Modal, Person

LEGACY_TOKEN: Final = "fake-verification-token"  # noqa: S105 - Slack still sends one; nobody may trust it


def command(fake: FakeSlack, person: Person, channel: Channel, word: str, text: str) -> dict[str, str]:
    """The form of a slash command."""
    spec = fake.workspace.spec
    enterprise = {"enterprise_id": spec.enterprise_id, "enterprise_name": spec.name}
    return {
        "token": LEGACY_TOKEN,
        "team_id": person.team_id,
        "team_domain": spec.domain,
        **(enterprise if spec.enterprise_id else {}),
        "channel_id": channel.id,
        "channel_name": _channel_name(channel),
        "user_id": person.id,
        "user_name": person.name,
        "command": word,
        "text": _command_text(fake, text),
        "api_app_id": spec.app_id,
        "is_enterprise_install": "false",
        "response_url": fake.new_response_url("commands", channel, person),
        "trigger_id": fake.new_trigger(person).id,
    }


def _command_text(fake: FakeSlack, text: str) -> str:
    if not fake.options.escape_commands:
        return escaped(text)
    mentions = {each.name: f"{each.id}|{each.name}" for each in fake.workspace.persons.values()}
    return typed(text, mentions)


def _channel_name(channel: Channel) -> str:
    if channel.is_dm:
        return "directmessage"
    return "privategroup" if channel.private else channel.name


def event(fake: FakeSlack, inner: dict[str, Any], channel: Channel | None = None) -> dict[str, Any]:
    """An event of the Events API around what happened."""
    spec = fake.workspace.spec
    return {
        "token": LEGACY_TOKEN,
        "team_id": spec.team_id,
        "context_team_id": spec.team_id,
        "context_enterprise_id": spec.enterprise_id or None,
        "api_app_id": spec.app_id,
        "event": inner,
        "type": "event_callback",
        "event_id": fake.workspace.event_id("Ev0"),
        "event_time": int(fake.workspace.now_s()),
        "authorizations": [
            {
                "enterprise_id": spec.enterprise_id or None,
                "team_id": spec.team_id,
                "user_id": fake.workspace.bot.id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": bool(channel and channel.shared),
        "event_context": f"4-{fake.workspace.new_id('')}",
    }


def message_event(fake: FakeSlack, channel: Channel, message: Message, kind: str) -> dict[str, Any]:
    """`message` in direct messages, `app_mention` elsewhere; a bot's words carry its bot_id."""
    inner = shapes.message(fake.workspace, message) | {
        "type": kind,
        "channel": channel.id,
        "event_ts": message.ts,
    }
    if kind == "message":
        inner["channel_type"] = "im" if channel.is_dm else "group" if channel.private else "channel"
    author = fake.workspace.persons[message.user_id]
    if author.kind == "connect":
        inner |= {"user_team": author.team_id, "source_team": author.team_id}
    if not author.is_bot:
        inner["client_msg_id"] = f"client-{message.ts}"
    return event(fake, inner, channel)


def changed_event(fake: FakeSlack, channel: Channel, message: Message) -> dict[str, Any]:
    """A message was edited."""
    inner = {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "message": shapes.message(fake.workspace, message),
        "channel": channel.id,
        "ts": message.now.at,
        "event_ts": message.now.at,
        "channel_type": "im" if channel.is_dm else "channel",
    }
    return event(fake, inner, channel)


def member_event(
    fake: FakeSlack, channel: Channel, person: Person, *, joined: bool, by: str
) -> dict[str, Any]:
    """Somebody joined or left; when the bot itself leaves, Slack says it in another way."""
    at = fake.workspace.new_ts()
    if person.id == fake.workspace.bot.id and not joined:
        kind = "group_left" if channel.private else "channel_left"
        return event(fake, {"type": kind, "channel": channel.id, "actor_id": by, "event_ts": at}, channel)
    inner = {
        "type": "member_joined_channel" if joined else "member_left_channel",
        "user": person.id,
        "channel": channel.id,
        "channel_type": "G" if channel.private else "C",
        "team": person.team_id,
        "event_ts": at,
    }
    return event(fake, inner | ({"inviter": by} if by and joined else {}), channel)


def tab_event(fake: FakeSlack, person: Person, channel: Channel, tab: str) -> dict[str, Any]:
    """Somebody opened a tab of the app: `messages` or `home`."""
    inner = {"type": "app_home_opened", "user": person.id, "channel": channel.id, "tab": tab}
    return event(fake, inner | {"event_ts": fake.workspace.new_ts()})


# --- interactions ---


def _interaction(fake: FakeSlack, kind: str, person: Person) -> dict[str, Any]:
    spec = fake.workspace.spec
    enterprise = {"id": spec.enterprise_id, "name": spec.name} if spec.enterprise_id else None
    team: dict[str, Any] = {"id": person.team_id, "domain": spec.domain}
    if spec.enterprise_id:
        team |= {"enterprise_id": spec.enterprise_id, "enterprise_name": spec.name}
    return {
        "type": kind,
        "user": {
            "id": person.id,
            "username": person.name,
            "name": person.name,
            "team_id": person.team_id,
        },
        "api_app_id": spec.app_id,
        "token": LEGACY_TOKEN,
        "team": team,
        "enterprise": enterprise,
        "is_enterprise_install": False,
    }


def click_on_message(
    fake: FakeSlack,
    person: Person,
    channel: Channel,
    message: Message,
    action: dict[str, Any],
    values: dict[str, Any],
) -> dict[str, Any]:
    """block_actions of a message. An ephemeral one is not in the payload: only where it was."""
    payload = _interaction(fake, "block_actions", person) | {
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": bool(message.visible_to),
        },
        "trigger_id": fake.new_trigger(person).id,
        "channel": {"id": channel.id, "name": _channel_name(channel)},
        "state": {"values": values},
        "response_url": fake.new_response_url("actions", channel, person, message.ts),
        "actions": [action],
    }
    if not message.visible_to:
        payload["message"] = shapes.message(fake.workspace, message)
    return payload


def click_in_modal(
    fake: FakeSlack, person: Person, modal: Modal, action: dict[str, Any], values: dict[str, Any]
) -> dict[str, Any]:
    """block_actions of a modal: no channel, no response URL."""
    return _interaction(fake, "block_actions", person) | {
        "container": {"type": "view", "view_id": modal.id},
        "trigger_id": fake.new_trigger(person).id,
        "view": shapes.modal(fake.workspace, modal, values),
        "actions": [action],
    }


def submission(fake: FakeSlack, person: Person, modal: Modal, values: dict[str, Any]) -> dict[str, Any]:
    """view_submission."""
    return _interaction(fake, "view_submission", person) | {
        "trigger_id": fake.new_trigger(person).id,
        "view": shapes.modal(fake.workspace, modal, values),
        "response_urls": [],
    }


def closing(fake: FakeSlack, person: Person, modal: Modal, *, cleared: bool) -> dict[str, Any]:
    """view_closed."""
    return _interaction(fake, "view_closed", person) | {
        "view": shapes.modal(fake.workspace, modal),
        "is_cleared": cleared,
    }
