"""Read-outs of the control door: what people see, what is open, what was called, who was pushed."""

from __future__ import annotations

from bot.twins.slack.acts import label_of
from bot.twins.slack.answers import NoSuchThing
from bot.twins.slack.checks import interactive
from bot.twins.slack.fake import FakeSlack
from bot.twins.slack.model import Block, Message
from bot.twins.slack.wire import Button, Calls, Notices, OpenModal, Screen, Seen, SeenMessage, State
from bot.twins.slack.workspace import SLACKBOT


def seen(fake: FakeSlack, person_name: str, channel_name: str) -> Seen:
    """A conversation as one person sees it now, in order."""
    person = fake.workspace.person(person_name)
    channel = fake.workspace.channel(channel_name, person)
    if person.id not in channel.members:
        raise NoSuchThing(f"{person.name} is not in {channel.name} and sees nothing of it")
    messages = tuple(_seen(fake, each) for each in fake.workspace.seen(channel, person))
    return Seen(channel=channel.id, messages=messages)


def _seen(fake: FakeSlack, message: Message) -> SeenMessage:
    author = fake.workspace.persons.get(message.user_id)
    return SeenMessage(
        ts=message.ts,
        user="slackbot" if message.user_id == SLACKBOT or author is None else author.name,
        text=message.now.text,
        blocks=message.now.blocks,
        buttons=buttons_of(message.now.blocks),
        ephemeral=bool(message.visible_to),
        edited=message.edited,
        thread_ts=message.thread_ts,
        metadata=message.now.metadata,
        versions=tuple(each.text for each in message.versions),
        version_blocks=tuple(each.blocks for each in message.versions),
    )


def buttons_of(blocks: tuple[Block, ...]) -> tuple[Button, ...]:
    """Everything in these blocks that a person can use, in the order in which it is drawn."""
    return tuple(
        Button(
            label=label_of(element),
            action_id=element["action_id"],
            block_id=block["block_id"],
            kind=element["type"],
            value=element.get("value", ""),
            style=element.get("style", ""),
        )
        for block in blocks
        for element in interactive([block])
    )


def screen(fake: FakeSlack, person_name: str) -> Screen:
    """The view on top of this person's screen, if one is open."""
    stack = fake.modals.get(fake.workspace.person(person_name).id)
    if not stack:
        return Screen(modal=None)
    top = stack[-1]
    modal = OpenModal(
        id=top.id,
        view=top.view,
        errors=top.errors,
        depth=len(stack),
        buttons=buttons_of(tuple(top.view["blocks"])),
    )
    return Screen(modal=modal)


def calls(fake: FakeSlack, after: int, method: str) -> Calls:
    """Calls of the Web API and of response URLs after number `after`, of one method or of all."""
    return Calls(
        calls=tuple(each for each in fake.calls if each.number > after and method in ("", each.method))
    )


def notices(fake: FakeSlack, person_name: str) -> Notices:
    """Pushes to one person, or to everybody."""
    name = fake.workspace.person(person_name).name if person_name else ""
    return Notices(notices=tuple(each for each in fake.workspace.notices if name in ("", each.to)))


def state(fake: FakeSlack) -> State:
    """Names, ids, the clock."""
    space = fake.workspace
    names = {
        each.id: f"dm:{space.persons[each.dm_with].name}" if each.is_dm else each.name
        for each in space.channels.values()
    }
    return State(
        now=space.now_s(),
        team_id=space.spec.team_id,
        bot_user_id=space.bot.id,
        token=fake.options.token,
        signing_secret=fake.options.signing_secret,
        persons={each.name: each.id for each in space.persons.values()},
        channels={name: channel_id for channel_id, name in names.items()},
        retries_waiting=len(fake.courier.retries),
        next_retry_at=min((each.due_s for each in fake.courier.retries), default=None),
    )
