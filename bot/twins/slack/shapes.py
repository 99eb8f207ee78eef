"""Slack's own shapes of the things in the workspace, as the Web API and the payloads show them."""

from __future__ import annotations

from typing import Any

from bot.twins.slack.checks import interactive
from bot.twins.slack.escaping import blocks_again, escaped_again
from bot.twins.slack.model import Channel, Message, Modal, Person
from bot.twins.slack.workspace import Workspace


def message(workspace: Workspace, item: Message, *, with_metadata: bool = False) -> dict[str, Any]:
    """A message as history, answers and payloads show it: its texts come back escaped."""
    author = workspace.persons.get(item.user_id)
    shown: dict[str, Any] = {
        "type": "message",
        "user": item.user_id,
        "ts": item.ts,
        "text": escaped_again(item.now.text),
        "team": author.team_id if author else workspace.spec.team_id,
    }
    if item.now.blocks:
        shown["blocks"] = blocks_again(item.now.blocks)
    if author is not None and author.is_bot:
        ours = author.id == workspace.bot.id
        shown |= {"bot_id": author.bot_id, "app_id": workspace.spec.app_id if ours else "A0OTHER001"}
    if item.subtype:
        shown["subtype"] = item.subtype
    if item.thread_ts:
        shown["thread_ts"] = item.thread_ts
    if item.edited:
        shown["edited"] = {"user": item.user_id, "ts": item.now.at}
    if with_metadata and item.now.metadata is not None:
        shown["metadata"] = item.now.metadata
    return shown


def channel(workspace: Workspace, item: Channel) -> dict[str, Any]:
    """A conversation as conversations.info shows it."""
    shown: dict[str, Any] = {
        "id": item.id,
        "created": item.created_s,
        "is_im": item.is_dm,
        "is_mpim": False,
        "is_archived": item.archived,
        "is_org_shared": False,
        "context_team_id": workspace.spec.team_id,
    }
    if item.is_dm:
        return shown | {"user": item.dm_with, "is_open": item.opened}
    return shown | {
        "name": item.name,
        "name_normalized": item.name,
        "is_channel": not item.private,
        "is_group": item.private,
        "is_private": item.private,
        "is_member": workspace.bot.id in item.members,
        "is_ext_shared": item.shared,
        "is_shared": item.shared,
    }


def person(workspace: Workspace, item: Person) -> dict[str, Any]:
    """An account as users.info shows it."""
    restricted = item.kind in ("guest", "single_channel_guest")
    shown: dict[str, Any] = {
        "id": item.id,
        "team_id": item.team_id,
        "name": item.name,
        "deleted": item.deleted,
        "real_name": item.real_name,
        "tz": item.tz,
        "is_bot": item.is_bot,
        "is_app_user": False,
        "is_admin": False,
        "is_owner": False,
        "is_restricted": restricted,
        "is_ultra_restricted": item.kind == "single_channel_guest",
        "profile": {"real_name": item.real_name, "display_name": item.name, "team": item.team_id},
    }
    if item.kind == "connect":
        shown["is_stranger"] = True
    if item.is_bot:
        shown["profile"] |= {"bot_id": item.bot_id}
    return shown


def modal(workspace: Workspace, item: Modal, values: dict[str, Any] | None = None) -> dict[str, Any]:
    """A view as views.open answers and as submissions carry it."""
    view = item.view
    return {
        "id": item.id,
        "team_id": workspace.spec.team_id,
        "type": "modal",
        "blocks": blocks_again(tuple(view["blocks"])),
        "private_metadata": view.get("private_metadata", ""),
        "callback_id": view.get("callback_id", ""),
        "state": {"values": values or {}},
        "hash": item.hash,
        "title": view["title"],
        "clear_on_close": bool(view.get("clear_on_close", False)),
        "notify_on_close": bool(view.get("notify_on_close", False)),
        "close": view.get("close"),
        "submit": view.get("submit"),
        "previous_view_id": item.previous_id or None,
        "root_view_id": item.root_id,
        "app_id": workspace.spec.app_id,
        "external_id": view.get("external_id", ""),
        "app_installed_team_id": workspace.spec.team_id,
        "bot_id": workspace.bot.bot_id,
    }


def find_element(blocks: list[dict[str, Any]], action_id: str) -> tuple[str, dict[str, Any]] | None:
    """The block id and the element with that action_id."""
    for block in blocks:
        for element in interactive([block]):
            if element.get("action_id") == action_id:
                return block["block_id"], element
    return None
