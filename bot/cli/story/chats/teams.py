"""The people of the story in Teams: mentions in channels, plain words to the bot, buttons, fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.cli.story.chats.teams_text import buttons, fields, lines
from bot.cli.story.people import NOTHING_FILLED, Pressable, Scene, Shown, Stuck, button_of
from bot.cli.story.platform import Delivery
from bot.surfaces.teams.activities import ON_AN_ANSWER
from bot.twins.teams.driver import TeamsDriver
from bot.twins.teams.model import BOT
from bot.twins.teams.orders import Receipt, Seen

BACK: Final = "show"
"""What brings a card back where an answer stands in its place."""

Screen = dict[str, Seen]


class TeamsPeople:
    """The tenant as its people share it, and how their deeds were answered."""

    def __init__(self, driver: TeamsDriver, places: Mapping[str, str]) -> None:
        self.driver = driver
        self._places = places
        """The story's name of a place -> the tenant's."""
        self.deliveries: list[Delivery] = []

    def place(self, place: str) -> str:
        """The story's `contoso` is a channel; its `dm-sam` is Sam's chat with the bot."""
        return f"@{place.removeprefix('dm-')}" if place.startswith("dm-") else self._places[place]

    def noted(self, what: str, receipt: Receipt) -> None:
        """Keep how the bot answered."""
        problem = "timed out" if receipt.timed_out else receipt.problem
        self.deliveries.append(
            Delivery(what=what, status=receipt.status, seconds=receipt.elapsed_ms / 1000, problem=problem)
        )


class TeamsPerson:
    """Implements `bot.cli.story.people.Person`."""

    def __init__(
        self, scene: Scene, people: TeamsPeople, id: str, account: str = "", *, old_client: bool = False
    ) -> None:
        """`old_client` knows Action.Submit only; `account` is the tenant's short name of the person."""
        self._scene = scene
        self._people = people
        self._driver = people.driver
        self._account = account or id
        self._old_client = old_client
        self.id = id
        self.name = id.title()

    def _place(self, place: str) -> str:
        return f"@{self._account}" if place.startswith("dm-") else self._people.place(place)

    async def types(self, place: str, text: str) -> Shown | None:
        """`@Ringmaster text` in a channel, the plain words in the chat with the bot."""
        await self._scene.breathe()
        where = self._place(place)
        alone = where.startswith("@")
        line = text if alone else f"@Ringmaster {text}"
        self._scene.told.said(self._scene.clock.now(), self.name, _called(where), line)
        before = await self._before(where)
        if alone:
            receipt = await self._driver.write(self._account, text)
        else:
            receipt = await self._driver.mention(self._account, where, text)
        self._people.noted(f"{self.name} in {where}: {line}", receipt)
        return await self._answered(where, before, receipt, "")

    async def presses(self, place: str, key: str, *verbs: str) -> Shown | None:
        """Press one of these buttons on the card; where an answer stands in its place, go back first."""
        shown = await self.card(place, key)
        if not any(one.verb in verbs for one in shown.buttons):
            await self.clicks(place, button_of(shown, BACK))
            shown = await self.card(place, key)
        return await self.clicks(place, button_of(shown, *verbs))

    async def clicks(
        self, place: str, button: Pressable, fields: Mapping[str, str] = NOTHING_FILLED, *, forged: str = ""
    ) -> Shown | None:
        """Press this very button, with a form's fields filled in."""
        await self._scene.breathe()
        where = button.place or self._place(place)
        how = " (an old client: Action.Submit)" if self._old_client else ""
        at = self._scene.clock.now()
        self._scene.told.pressed(at, self.name, _called(where), button.label, fields, how)
        before = await self._before(where)
        receipt = await self._click(where, button, fields, forged, before[button.message])
        self._people.noted(f"{self.name} in {where} pressing {button.label}", receipt)
        return await self._answered(where, before, receipt, button.message)

    async def _click(
        self, where: str, button: Pressable, fields: Mapping[str, str], forged: str, stands: Seen
    ) -> Receipt:
        """A button that is not drawn any more is pressed by a client that had not caught up."""
        drawn = [one.name for one in buttons(stands.card or {})]
        label = button.name if button.name in drawn else next(iter(drawn), "")
        sent = forged or (button.value if label != button.name else "")
        changes = {"value": {"action": {"verb": button.verb}}} if sent and not self._old_client else {}
        return await self._driver.click(
            self._account,
            where,
            button.message,
            label,
            fields,
            data={"value": sent} if sent else {},
            changes=changes,
            old_client=self._old_client,
        )

    async def sees(self, place: str, key: str) -> Shown:
        """Read a card; it goes into the transcript."""
        shown = await self.card(place, key)
        self._scene.told.card(self._scene.clock.now(), _called(self._place(place)), shown.text)
        return shown

    async def card(self, place: str, key: str) -> Shown:
        """The newest card of this thing that the person sees there, found by what its buttons say."""
        where, subject = self._place(place), key.partition(":")[2]
        for message in reversed(list((await self._screen(where)).values())):
            if message.card is not None and not _is_answer(message) and subject in _subjects(message.card):
                return _shown(message, where)
        raise Stuck(f"{self.name} finds no card {key} in {where}")

    async def _answered(self, where: str, before: Screen, receipt: Receipt, clicked: str) -> Shown | None:
        """A word at the edge, a card of one's own, a reply; else the pressed card, if it is another now."""
        await self._scene.app.chat.settle()
        shown = _said(receipt) or await self._own(where, receipt, clicked) or await self._reply(where, before)
        if shown is not None:
            self._scene.told.answered(shown.text)
        await self._scene.settle()
        if shown is None and (card := await self._changed(where, before, clicked)) is not None:
            self._scene.told.changed(card.text)
            return card
        return shown

    async def _own(self, where: str, receipt: Receipt, clicked: str) -> Shown | None:
        """The card that only this person sees now in the place of the pressed one."""
        if receipt.shown != "card":
            return None
        return _shown((await self._screen(where))[clicked], where, private=True)

    async def _reply(self, where: str, before: Screen) -> Shown | None:
        """The newest message of the bot, here or in the person's own chat."""
        for place in (where, f"@{self._account}"):
            for id, message in reversed((await self._screen(place)).items()):
                if message.author == BOT and id not in before:
                    return _shown(message, place, private=True)
        return None

    async def _changed(self, where: str, before: Screen, clicked: str) -> Shown | None:
        now = (await self._screen(where)).get(clicked)
        if now is None or now.card is None or before[clicked].card == now.card:
            return None
        return _shown(now, where)

    async def _before(self, where: str) -> Screen:
        """What stands there and in the person's own chat; a message's id is the only one in the tenant."""
        return await self._screen(where) | await self._screen(f"@{self._account}")

    async def _screen(self, where: str) -> Screen:
        return {message.id: message for message in await self._driver.seen(self._account, where)}


def _called(where: str) -> str:
    """A place as a person calls it."""
    return "the chat with the bot" if where.startswith("@") else where


def _said(receipt: Receipt) -> Shown | None:
    if receipt.shown in ("message", "error", "unable"):
        return Shown(text=f"({receipt.shown}) {receipt.text}", private=True)
    return None


def _is_answer(message: Seen) -> bool:
    """Every button of an answer says that it is one; an answer in a card's own place has its way back."""
    return message.card is not None and not message.own_view and _marked(message.card)


def _marked(card: dict[str, Any]) -> bool:
    found = [action["data"] for action in card.get("actions", ()) if "data" in action]
    return bool(found) and all(ON_AN_ANSWER in data for data in found)


def _subjects(card: dict[str, Any]) -> set[str]:
    values = (button.value.split(".") for button in buttons(card))
    return {parts[2] for parts in values if len(parts) > 3}


def _shown(message: Seen, where: str, *, private: bool = False) -> Shown:
    card = message.card or {}
    push = "" if private else f"Push: {message.summary}\n"
    return Shown(
        text=f"{push}{lines(card)}",
        buttons=buttons(card, message.id, where),
        fields=fields(card),
        message=message.id,
        private=private,
    )
