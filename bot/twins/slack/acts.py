"""What people do: write, command, click. Each act becomes a delivery to the bot, and its answer is honoured.

A tampered delivery comes from somebody who is not Slack: whatever the bot answers changes nothing here.
"""

from __future__ import annotations

from typing import Any

import msgspec

from bot.twins.slack import payloads, response_urls, shapes
from bot.twins.slack.answers import Args, NoSuchThing, SlackError
from bot.twins.slack.checks import interactive
from bot.twins.slack.courier import Outcome
from bot.twins.slack.escaping import blocks_again, typed
from bot.twins.slack.fake import FakeSlack
from bot.twins.slack.filling import fill, state_of
from bot.twins.slack.model import Block, Channel, Message, Modal, Person, Version
from bot.twins.slack.signing import HONEST, Tamper, overwritten
from bot.twins.slack.wire import Click, Command, OpenTab, Say
from bot.twins.slack.workspace import DM, SLACKBOT


def present(fake: FakeSlack, person_name: str, channel_name: str) -> tuple[Person, Channel]:
    """A person with a working account, and a channel that this person is in."""
    person = fake.workspace.person(person_name)
    channel = fake.workspace.channel(channel_name, person)
    if person.deleted:
        raise NoSuchThing(f"the account of {person.name} is closed: nobody can use it")
    if person.id not in channel.members:
        raise NoSuchThing(f"{person.name} is not in {channel.name}")
    if channel.is_dm:
        channel.opened = True
    return person, channel


# --- words ---


async def say(fake: FakeSlack, act: Say) -> Outcome:
    """A message; delivered in direct messages, and elsewhere if it mentions the bot."""
    person, channel = present(fake, act.person, act.channel)
    if channel.archived:
        raise NoSuchThing(f"{channel.name} is archived: nobody can write there")
    mentions = {each.name: each.id for each in fake.workspace.persons.values()}
    message = fake.workspace.post(channel, person.id, typed(act.text, mentions), thread_ts=act.thread_ts)
    kind = _event_kind(fake, channel, message)
    if not kind:
        return Outcome(delivery="", status=0, body="", elapsed_ms=0, problem="not for the bot", ts=message.ts)
    payload = payloads.message_event(fake, channel, message, kind)
    outcome = await fake.courier.event(overwritten(payload, act.tamper.overwrite), act.tamper)
    return msgspec.structs.replace(outcome, ts=message.ts)


def _event_kind(fake: FakeSlack, channel: Channel, message: Message) -> str:
    if channel.is_dm:
        return "message"
    bot_id = fake.workspace.bot.id
    heard = bot_id in channel.members and f"<@{bot_id}>" in message.now.text
    return "app_mention" if heard else ""


async def command(fake: FakeSlack, act: Command) -> Outcome:
    """A slash command. It works in every channel, whether the bot is in it or not."""
    person, channel = present(fake, act.person, act.channel)
    form = payloads.command(fake, person, channel, act.command, act.text)
    outcome = await fake.courier.form(overwritten(form, act.tamper.overwrite), act.tamper)
    if act.tamper != HONEST:
        return outcome
    if not outcome.taken:
        _slack_says(fake, person, channel, f"`{act.command}` failed with the error `{outcome.problem}`")
        return outcome
    return _shown(fake, person, channel, outcome)


def _shown(fake: FakeSlack, person: Person, channel: Channel, outcome: Outcome) -> Outcome:
    """The body of the HTTP answer is the first thing the person reads."""
    if not outcome.body.strip():
        return outcome
    try:
        message = response_urls.show(fake, channel, person.id, Args(_answer_body(outcome)))
    except SlackError as error:
        return msgspec.structs.replace(outcome, problem=error.word)
    return msgspec.structs.replace(outcome, ts=message.ts)


def _answer_body(outcome: Outcome) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(outcome.body)
    except msgspec.DecodeError:
        body = None
    return body if isinstance(body, dict) else {"text": outcome.body}


def _slack_says(fake: FakeSlack, person: Person, channel: Channel, text: str) -> None:
    fake.workspace.post(channel, SLACKBOT, text, visible_to=person.id)


async def open_tab(fake: FakeSlack, act: OpenTab) -> Outcome:
    """The app's messages or its home tab come up."""
    person, channel = present(fake, act.person, DM)
    return await fake.courier.event(payloads.tab_event(fake, person, channel, act.tab))


# --- clicks ---


async def click(fake: FakeSlack, act: Click) -> Outcome:
    """A button or a menu, on a message that this person sees or in the modal they have open."""
    if not act.ts:
        return await _click_in_modal(fake, act)
    person, channel = present(fake, act.person, act.channel)
    message = fake.workspace.find(channel, act.ts)
    if message is None or not fake.workspace.sees(person, message):
        raise NoSuchThing(f"{person.name} sees no message {act.ts}")
    drawn = _version(message, act.version)
    block_id, element = _found(drawn.blocks, act)
    values = state_of(drawn.blocks, act.values, complete=False)
    action = _action(fake, block_id, element, act)
    payload = payloads.click_on_message(fake, person, channel, message, action, values)
    return await interaction(fake, payload, act.tamper)


def _version(message: Message, number: int) -> Version:
    try:
        return message.versions[number]
    except IndexError:
        raise NoSuchThing(f"the message never had a version {number}") from None


async def _click_in_modal(fake: FakeSlack, act: Click) -> Outcome:
    person = fake.workspace.person(act.person)
    modal = top_modal(fake, person)
    block_id, element = _found(tuple(modal.view["blocks"]), act)
    values = state_of(modal.view["blocks"], act.values, complete=False)
    payload = payloads.click_in_modal(fake, person, modal, _action(fake, block_id, element, act), values)
    return await interaction(fake, payload, act.tamper)


def top_modal(fake: FakeSlack, person: Person) -> Modal:
    """The view that this person has before them."""
    stack = fake.modals.get(person.id)
    if not stack:
        raise NoSuchThing(f"{person.name} has no modal open")
    return stack[-1]


def label_of(element: dict[str, Any]) -> str:
    """What is written on it."""
    text = element.get("text") or element.get("placeholder") or {}
    return str(text.get("text", ""))


def _found(blocks: tuple[Block, ...], act: Click) -> tuple[str, dict[str, Any]]:
    if act.action_id:
        found = shapes.find_element(list(blocks), act.action_id)
        if found is None:
            raise NoSuchThing(f"there is nothing with the action_id {act.action_id!r}")
        return found
    hits = [
        (block["block_id"], element)
        for block in blocks
        for element in interactive([block])
        if label_of(element) == act.label
    ]
    if len(hits) != 1:
        labels = ", ".join(repr(label_of(each)) for block in blocks for each in interactive([block]))
        raise NoSuchThing(f"{len(hits)} buttons are called {act.label!r}; there are: {labels or 'none'}")
    return hits[0]


def _action(fake: FakeSlack, block_id: str, element: dict[str, Any], act: Click) -> dict[str, Any]:
    kind = element["type"]
    action = {"action_id": element["action_id"], "block_id": block_id, "type": kind}
    action["action_ts"] = fake.workspace.new_ts()
    if kind != "button":
        return action | fill(element, act.option, is_given=act.option is not None)
    sent = {name: element[name] for name in ("value", "style", "url") if name in element}
    (text,) = blocks_again((element["text"],))
    return action | {"text": text} | sent


async def interaction(fake: FakeSlack, payload: dict[str, Any], tamper: Tamper) -> Outcome:
    """A payload in a form, as every interaction comes."""
    text = msgspec.json.encode(overwritten(payload, tamper.overwrite)).decode()
    return await fake.courier.form({"payload": text}, tamper)
