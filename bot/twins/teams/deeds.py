"""What people do in front of Teams, and what reaches the bot of it."""

from __future__ import annotations

from typing import Any

from bot.twins.teams import cards
from bot.twins.teams.deliveries import Parcel, Post, shortened
from bot.twins.teams.fields import gathered, pressed
from bot.twins.teams.model import Message, Person, Place, Posted
from bot.twins.teams.orders import Click, Install, Membership, Raw, Receipt, Refresh, Say, Toast
from bot.twins.teams.refusals import BadOrder
from bot.twins.teams.service import Teams
from bot.twins.teams.verdict import Verdict, judge
from bot.twins.teams.wire import BOT_NAME, Activity, laid_over

NOT_FOR_THE_BOT = Receipt(number=0, activity_id="", status=0)
"""What people say to each other in channels and group chats does not reach a bot."""


async def say(teams: Teams, order: Say) -> Receipt:
    """A person writes; the bot hears it in the personal chat and where it is mentioned."""
    person = teams.world.person(order.person)
    place, root = teams.world.place(order.conversation or f"@{person.name}")
    _may_write(teams, person, place)
    if root is not None and teams.world.message(place, root) is None:
        raise BadOrder(f"there is no thread {root} in {place.name}", 404)
    message = teams.world.say(place, root, person.name, Posted(type="message", text=order.words))
    if not order.mention and place.kind != "personal":
        return NOT_FOR_THE_BOT
    if not teams.world.bot_is_in(place):
        raise BadOrder(f"the app is not installed in {place.name}", 409)
    mention = order.mention and place.kind != "personal"
    activity = teams.scribe.said(message, person, place, mention=mention)
    return await _deliver(teams, laid_over(activity, order.changes), order)


def _may_write(teams: Teams, person: Person, place: Place) -> None:
    if person not in teams.world.roster(place):
        raise BadOrder(f"{person.name} is not in {place.name}", 409)
    if place.kind == "personal" and person.blocked:
        raise BadOrder(f"{person.name} blocked the bot", 409)


async def click(teams: Teams, order: Click) -> Receipt:
    """A person presses a button on the card as this person sees it."""
    person = teams.world.person(order.person)
    message, place = _visible(teams, person, order.conversation, order.activity_id)
    card = card_for(message, person)
    if card is None:
        raise BadOrder(f"message {message.id} carries no card", 409)
    action = pressed(card, order.label, old_client=order.old_client)
    data = laid_over(gathered(card, action, order.inputs), order.data)
    if action["type"] == "Action.Submit":
        activity = teams.scribe.submitted(message, person, place, data)
        return await _deliver(teams, laid_over(activity, order.changes), order)
    shown = {name: action[name] for name in ("type", "id", "verb") if name in action} | {"data": data}
    activity = teams.scribe.invoked(message, person, place, shown, "manual")
    return await _deliver(teams, laid_over(activity, order.changes), order, person, message)


async def refresh(teams: Teams, order: Refresh) -> list[Receipt]:
    """A person's client shows a conversation and asks for this person's views where cards allow it."""
    person = teams.world.person(order.person)
    place, _ = teams.world.place(order.conversation)
    receipts = []
    for message in list(teams.world.messages.values()):
        if message.place != place.id or message.deleted or order.activity_id not in ("", message.id):
            continue
        action = _refresh_action(message, person, len(teams.world.roster(place)))
        if action is not None:
            activity = teams.scribe.invoked(message, person, place, action, "automatic")
            changed = laid_over(activity, order.changes)
            receipts.append(await _deliver(teams, changed, order, person, message))
    return receipts


def _refresh_action(message: Message, person: Person, people: int) -> dict[str, Any] | None:
    """The refresh of a card, if it is for this person: for those named, or all of a small conversation."""
    wanted = (card_of(message) or {}).get("refresh")
    if wanted is None:
        return None
    users = wanted.get("userIds") or []
    if person.teams_id not in users and (users or people > cards.MOST_REFRESH_USERS):
        return None
    action = wanted["action"]
    return {name: action[name] for name in ("type", "id", "verb", "data") if name in action}


def _visible(teams: Teams, person: Person, conversation: str, number: str) -> tuple[Message, Place]:
    place, _ = teams.world.place(conversation)
    if person not in teams.world.roster(place):
        raise BadOrder(f"{person.name} is not in {place.name}", 409)
    message = teams.world.message(place, number)
    if message is None:
        raise BadOrder(f"there is no message {number} in {place.name}", 404)
    return message, place


def card_of(message: Message) -> dict[str, Any] | None:
    """The card that everybody sees, if there is one."""
    found = (a.content for a in message.posted.attachments or [] if a.content_type == cards.CARD_TYPE)
    return next(found, None)


def card_for(message: Message, person: Person) -> dict[str, Any] | None:
    """The card that this person sees."""
    view: dict[str, Any] | None = message.views.get(person.name)
    return view if view is not None else card_of(message)


# --- coming and going ---


async def install(teams: Teams, order: Install) -> Receipt:
    """The app comes or goes: an installationUpdate, and the bot among the members that changed."""
    place, _ = teams.world.place(order.conversation)
    person = teams.world.person(order.by)
    _mark_installed(place, teams, present=order.present)
    bot = [{"id": teams.world.bot_id, "name": BOT_NAME}]
    event = "teamMemberAdded" if order.present else "teamMemberRemoved"
    scribe = teams.scribe
    update = scribe.members(person, place, bot, event, present=order.present)
    await _deliver(teams, laid_over(update, order.changes), order)
    activity = scribe.installed(person, place, present=order.present)
    return await _deliver(teams, laid_over(activity, order.changes), order)


def _mark_installed(place: Place, teams: Teams, *, present: bool) -> None:
    if place.team is not None:
        place.team.installed = present
    elif place.kind == "personal":
        teams.world.people[place.members[0]].installed = present
    else:
        place.installed = present


async def membership(teams: Teams, order: Membership) -> Receipt:
    """A person comes or goes; the bot hears of it where it is installed."""
    place, _ = teams.world.place(order.conversation)
    person = teams.world.person(order.person)
    names = place.team.members if place.team is not None else place.members
    if place.kind == "personal" or (person.name in names) == order.present:
        raise BadOrder(f"nothing to change about {person.name} in {place.name}", 409)
    names.append(person.name) if order.present else names.remove(person.name)
    if not teams.world.bot_is_in(place):
        return NOT_FOR_THE_BOT
    who = [{"id": person.teams_id, "aadObjectId": person.aad_id}]
    event = "teamMemberAdded" if order.present else "teamMemberRemoved"
    activity = teams.scribe.members(person, place, who, event, present=order.present)
    return await _deliver(teams, laid_over(activity, order.changes), order)


# --- to the bot ---


async def raw(teams: Teams, order: Raw) -> Receipt:
    """Any activity, signed as ordered."""
    return await _deliver(teams, laid_over(order.activity, order.changes), order)


async def resend(teams: Teams, number: int) -> Receipt:
    """Exactly what was sent before, with the same ids, bytes and signature."""
    return await _carry(teams, teams.deliveries.kept(number))


async def _deliver(
    teams: Teams,
    activity: Activity,
    order: Say | Click | Refresh | Install | Membership | Raw,
    person: Person | None = None,
    message: Message | None = None,
) -> Receipt:
    parcel = teams.deliveries.packed(
        activity,
        order.proof,
        clicker=person.name if person is not None else "",
        message_id=message.id if message is not None else "",
    )
    receipt = await _carry(teams, parcel)
    for _ in range(teams.options.slow_resends if parcel.clicker else 0):
        if not receipt.timed_out:
            break
        receipt = await _carry(teams, parcel)
    return receipt


async def _carry(teams: Teams, parcel: Parcel) -> Receipt:
    post = await teams.deliveries.post(parcel)
    if post.body:
        teams.receive(parcel.conversation, post.body)
    verdict = judge(post.status, post.content_type, post.body) if parcel.clicker else Verdict(shown="nothing")
    if parcel.clicker:
        _show(teams, parcel, verdict)
    return teams.deliveries.settled(_receipt(parcel, post, verdict))


def _receipt(parcel: Parcel, post: Post, verdict: Verdict) -> Receipt:
    return Receipt(
        number=parcel.number,
        activity_id=parcel.activity_id,
        status=post.status,
        timed_out=post.timed_out,
        elapsed_ms=post.elapsed_ms,
        body=shortened(post.body),
        shown=verdict.shown,
        text=verdict.text,
        problem=verdict.problem,
    )


def _show(teams: Teams, parcel: Parcel, verdict: Verdict) -> None:
    """A card takes the place of the old one for the clicker alone; everything else is a word under it."""
    message = teams.world.messages.get(parcel.message_id)
    if verdict.shown == "card":
        if message is not None and not message.deleted:
            message.views[parcel.clicker] = verdict.card
    elif verdict.shown != "nothing":
        at = teams.now().isoformat()
        word = Toast(kind=verdict.shown, text=verdict.text, activity_id=parcel.message_id, at=at)
        teams.toast(parcel.clicker, word)
