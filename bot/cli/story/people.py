"""The people of the story at the console: they read the board, press real buttons, and type."""

from __future__ import annotations

from typing import Final

from bot.cli.story.world import Stuck, World
from bot.surfaces.console.ports import Post
from bot.surfaces.port import Answer, Clicked, Said
from cards.model import Button, Card, Form

PROOF: Final = "console-switcher"
NEWEST: Final = 200


class Person:
    """Somebody of the sample house, by the id under which the house knows them."""

    def __init__(self, world: World, id: str) -> None:
        self.world = world
        self.id = id
        self.name = id.title()

    async def types(self, place: str, text: str) -> Answer | None:
        """Type a line into a conversation; the answer is for them alone."""
        world, at = self.world, self.world.clock.now()
        world.told.said(at, self.name, place, text)
        said = Said(
            conversation=place,
            person_id=self.id,
            proof=PROOF,
            text=text,
            delivery_id=world.clock.new_id(),
            received_at=at,
        )
        answer = await world.app.backend.say(said)
        world.told.answered(answer, await self._zone_of(place))
        await world.settle()
        return answer

    async def presses(self, place: str, key: str, *verbs: str) -> Answer | None:
        """Press one of these buttons on the card with this key, as it stands on the board now."""
        post = await self.post(place, key)
        return await self.clicks(place, _button(post.card, verbs), post.message_id)

    async def clicks(
        self, place: str, button: Button, message_id: str = "", fields: tuple[tuple[str, str], ...] = ()
    ) -> Answer | None:
        """Press this very button: its value is whatever the card carries."""
        world, at = self.world, self.world.clock.now()
        world.told.pressed(at, self.name, place, button.label)
        clicked = Clicked(
            conversation=place,
            person_id=self.id,
            proof=PROOF,
            message_id=message_id,
            value=button.value,
            fields=fields,
            delivery_id=world.clock.new_id(),
            received_at=at,
        )
        answer = await world.app.backend.click(clicked)
        world.told.answered(answer, await self._zone_of(place))
        await world.settle()
        return answer

    async def sees(self, place: str, key: str) -> Card:
        """Read a card; it goes into the transcript."""
        post = await self.post(place, key)
        self.world.told.card(self.world.clock.now(), place, post.card, post.zone)
        return post.card

    async def _zone_of(self, place: str) -> str:
        places = await self.world.app.backend.conversations(self.id)
        return next((each.zone for each in places if each.conversation == place), "UTC")

    async def post(self, place: str, key: str) -> Post:
        """The card with this key in a conversation."""
        posts = await self.world.app.backend.posts(self.id, place, NEWEST)
        found = next((post for post in posts if post.card.key == key), None)
        if found is None:
            raise Stuck(f"{self.name} finds no card {key} in {place}")
        return found


def button_of(answer: Answer | None, verb: str) -> Button:
    """A button of a private answer."""
    if isinstance(answer, Form):
        return answer.submit
    if answer is None:
        raise Stuck(f"no answer came that could be pressed ({verb})")
    return _button(answer, (verb,))


def _button(card: Card, verbs: tuple[str, ...]) -> Button:
    found = next((button for button in card.buttons if button.verb in verbs), None)
    if found is None:
        raise Stuck(f"the card {card.key} has no button {' or '.join(verbs)}")
    return found
