"""The methods views.*: opening a modal with a trigger, and replacing one that is open."""

from __future__ import annotations

from typing import Any

from bot.twins.slack import limits, shapes
from bot.twins.slack.answers import Args, SlackError
from bot.twins.slack.checks import check_view
from bot.twins.slack.fake import FakeSlack
from bot.twins.slack.model import Modal


def views_open(fake: FakeSlack, args: Args) -> dict[str, Any]:
    """views.open: one modal for whoever clicked or typed, within three seconds."""
    trigger_id = args.text("trigger_id")
    view = check_view(args.json("view", "invalid_arguments"))
    user_id = exchange(fake, trigger_id)
    modal = put(fake, user_id, view)
    return {"view": shapes.modal(fake.workspace, modal)}


def exchange(fake: FakeSlack, trigger_id: str) -> str:
    """Use a trigger up; whose it was. A view that was refused does not use it up."""
    trigger = fake.triggers.get(trigger_id)
    if trigger is None:
        raise SlackError("invalid_trigger_id")
    if trigger.used:
        raise SlackError("exchanged_trigger_id")
    if fake.workspace.now_s() - trigger.at_s > limits.TRIGGER_S:
        raise SlackError("expired_trigger_id")
    trigger.used = True
    return trigger.user_id


def put(fake: FakeSlack, user_id: str, view: dict[str, Any], *, on_top_of: Modal | None = None) -> Modal:
    """A new view on this person's screen; what was open before is gone unless it goes on top."""
    view_id = fake.workspace.event_id("V0")
    modal = Modal(
        id=view_id,
        user_id=user_id,
        view=fake.workspace.named_view(view),
        hash=_hash(fake),
        root_id=on_top_of.root_id if on_top_of else view_id,
        previous_id=on_top_of.id if on_top_of else "",
    )
    fake.modals[user_id] = [*(fake.modals.get(user_id, []) if on_top_of else []), modal]
    return modal


def replace(fake: FakeSlack, modal: Modal, view: dict[str, Any]) -> None:
    """Another view in the place of one that is open."""
    modal.view, modal.hash, modal.errors = fake.workspace.named_view(view), _hash(fake), {}


def views_update(fake: FakeSlack, args: Args) -> dict[str, Any]:
    """views.update: by id, or by the app's external id; the hash, if given, must be the newest."""
    view = check_view(args.json("view", "invalid_arguments"))
    modal = _open_modal(fake, args.text("view_id", ""), args.text("external_id", ""))
    wanted = args.text("hash", "")
    if wanted and wanted != modal.hash:
        raise SlackError("hash_conflict")
    replace(fake, modal, view)
    return {"view": shapes.modal(fake.workspace, modal)}


def _open_modal(fake: FakeSlack, view_id: str, external_id: str) -> Modal:
    for stack in fake.modals.values():
        for modal in stack:
            if view_id == modal.id or (external_id and modal.view.get("external_id") == external_id):
                return modal
    raise SlackError("not_found")


def _hash(fake: FakeSlack) -> str:
    return f"{int(fake.workspace.now_s())}.{fake.workspace.new_id('h')}"
