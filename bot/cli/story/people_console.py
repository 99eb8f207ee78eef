"""The people of the story at the console: they read the board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from bot.cli.story.people import NOTHING_FILLED, Pressable, Scene, Shown, Stuck, button_of
from bot.surfaces.console.ports import Post
from bot.surfaces.port import Answer, Clicked, Said
from cards.model import Form
from cards.plain import render, render_form

PROOF: Final = "console-switcher"
NEWEST: Final = 200


class ConsolePerson:
    """Implements `bot.cli.story.people.Person`."""

    def __init__(self, scene: Scene, id: str) -> None:
        self._scene = scene
        self.id = id
        self.name = id.title()

    async def types(self, place: str, text: str) -> Shown | None:
        """Type a line into a conversation; the answer is for them alone."""
        scene, at = self._scene, self._scene.clock.now()
        scene.told.said(at, self.name, place, text)
        said = Said(
            conversation=place,
            person_id=self.id,
            proof=PROOF,
            text=text,
            delivery_id=scene.clock.new_id(),
            received_at=at,
        )
        return await self._answered(await scene.app.backend.say(said), place)

    async def presses(self, place: str, key: str, *verbs: str) -> Shown | None:
        """Press one of these buttons on the card with this key, as it stands on the board now."""
        return await self.clicks(place, button_of(await self.card(place, key), *verbs))

    async def clicks(
        self, place: str, button: Pressable, fields: Mapping[str, str] = NOTHING_FILLED, *, forged: str = ""
    ) -> Shown | None:
        """Press this very button: its value is whatever the card carries."""
        scene, at = self._scene, self._scene.clock.now()
        scene.told.pressed(at, self.name, place, button.label)
        clicked = Clicked(
            conversation=place,
            person_id=self.id,
            proof=PROOF,
            message_id=button.message,
            value=forged or button.value,
            fields=tuple(fields.items()),
            delivery_id=scene.clock.new_id(),
            received_at=at,
        )
        return await self._answered(await scene.app.backend.click(clicked), place)

    async def card(self, place: str, key: str) -> Shown:
        """The card with this key, as it stands on the board now."""
        return _shown_post(await self._post(place, key))

    async def sees(self, place: str, key: str) -> Shown:
        """Read a card; it goes into the transcript."""
        post = await self._post(place, key)
        shown = _shown_post(post)
        self._scene.told.card(self._scene.clock.now(), place, shown.text, post.zone)
        return shown

    async def _answered(self, answer: Answer | None, place: str) -> Shown | None:
        shown = _shown(answer, await self._zone_of(place)) if answer is not None else None
        self._scene.told.answered(shown.text if shown else "")
        await self._scene.settle()
        return shown

    async def _zone_of(self, place: str) -> str:
        places = await self._scene.app.backend.conversations(self.id)
        return next((each.zone for each in places if each.conversation == place), "UTC")

    async def _post(self, place: str, key: str) -> Post:
        """The card with this key in a conversation."""
        posts = await self._scene.app.backend.posts(self.id, place, NEWEST)
        found = next((post for post in posts if post.card.key == key), None)
        if found is None:
            raise Stuck(f"{self.name} finds no card {key} in {place}")
        return found


def _shown_post(post: Post) -> Shown:
    return _shown(post.card, post.zone, post.message_id)


def _shown(answer: Answer, zone: str, message: str = "") -> Shown:
    clock = ZoneInfo(zone)
    text = render_form(answer, clock) if isinstance(answer, Form) else render(answer, clock)
    buttons = (answer.submit,) if isinstance(answer, Form) else answer.buttons
    return Shown(
        text=text,
        buttons=tuple(
            Pressable(label=one.label, verb=one.verb, value=one.value, message=message) for one in buttons
        ),
        fields=tuple(field.name for field in answer.fields) if isinstance(answer, Form) else (),
        message=message,
        private=not message,
    )
