"""What one person sees on the screen now."""

from __future__ import annotations

from bot.twins.teams.deeds import card_for
from bot.twins.teams.model import Message, Person
from bot.twins.teams.orders import Seen
from bot.twins.teams.refusals import BadOrder
from bot.twins.teams.world import World


def seen(world: World, person: Person, conversation: str) -> list[Seen]:
    """The messages of a conversation in order; of one thread when the id names it."""
    place, root = world.place(conversation)
    if person not in world.roster(place):
        raise BadOrder(f"{person.name} is not in {place.name}", 409)
    return [
        _seen(message, person)
        for message in world.messages.values()
        if message.place == place.id and not message.deleted and root in (None, message.root)
    ]


def _seen(message: Message, person: Person) -> Seen:
    return Seen(
        id=message.id,
        thread=message.root,
        author=message.author,
        at=message.at,
        text=message.posted.text or "",
        summary=message.posted.summary or "",
        card=card_for(message, person),
        own_view=person.name in message.views,
        edits=message.edits,
    )
