"""The people of the story in Slack: `/ring` in channels, plain words to the bot, buttons, the modal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from bot.cli.story.chats.slack_text import lines
from bot.cli.story.people import NOTHING_FILLED, Pressable, Scene, Shown, Stuck, button_of
from bot.cli.story.platform import Delivery
from bot.twins.slack.courier import Outcome
from bot.twins.slack.driver import BOT_COMMAND, Slack
from bot.twins.slack.signing import HONEST, Tamper
from bot.twins.slack.wire import Button, OpenModal, SeenMessage

DM: Final = "dm"
CARD: Final = "ringmaster_card"
"""The kind of metadata that our cards carry; an answer carries none."""
SUBMIT: Final = "submit"

Screen = dict[str, SeenMessage]


class SlackPeople:
    """The workspace as its people share it, and how their deeds were answered."""

    def __init__(self, slack: Slack, bot: str, names: Mapping[str, str]) -> None:
        self.slack = slack
        self._names = names
        self.bot = bot
        """The bot's short name."""
        self.deliveries: list[Delivery] = []

    def channel(self, place: str) -> str:
        """The story's `contoso` is the channel #contoso; its `dm-sam` is Sam's messages with the bot."""
        return DM if place.startswith("dm-") else f"#{place}"

    def read(self, text: str) -> str:
        """As Slack draws it: people by their names."""
        for id, name in self._names.items():
            text = text.replace(f"<@{id}>", f"@{name}")
        return text

    def noted(self, what: str, outcome: Outcome) -> None:
        """Keep how the bot answered."""
        self.deliveries.append(
            Delivery(
                what=what,
                status=outcome.status,
                seconds=outcome.elapsed_ms / 1000,
                problem=outcome.problem,
            )
        )


class SlackPerson:
    """Implements `bot.cli.story.people.Person`."""

    def __init__(self, scene: Scene, people: SlackPeople, id: str, account: str = "") -> None:
        """`account` is the short name in the workspace, where it is another than the person's own."""
        self._scene = scene
        self._people = people
        self._slack = people.slack
        self._account = account or id
        self.id = id
        self.name = id.title()

    async def types(self, place: str, text: str) -> Shown | None:
        """`/ring text` in a channel, the plain words to the bot itself."""
        await self._scene.breathe()
        channel = self._people.channel(place)
        line = text if channel == DM else f"{BOT_COMMAND} {text}"
        self._scene.told.said(self._scene.clock.now(), self.name, channel, line)
        before = await self._screen(channel)
        if channel == DM:
            outcome = await self._slack.say(self._account, DM, text)
        else:
            outcome = await self._slack.command(self._account, channel, text=text)
        self._people.noted(f"{self.name} in {channel}: {line}", outcome)
        return await self._answered(channel, before, "")

    async def presses(self, place: str, key: str, *verbs: str) -> Shown | None:
        """Press one of these buttons on the card as it stands there now."""
        return await self.clicks(place, button_of(await self.card(place, key), *verbs))

    async def clicks(
        self, place: str, button: Pressable, fields: Mapping[str, str] = NOTHING_FILLED, *, forged: str = ""
    ) -> Shown | None:
        """Press this very button, or send the form that lies open."""
        await self._scene.breathe()
        channel = self._people.channel(place)
        self._scene.told.pressed(self._scene.clock.now(), self.name, channel, button.label, fields)
        before = await self._screen(channel)
        outcome = await self._click(channel, button, fields, forged)
        self._people.noted(f"{self.name} in {channel} pressing {button.label}", outcome)
        return await self._answered(channel, before, button.message)

    async def _click(
        self, channel: str, button: Pressable, fields: Mapping[str, str], forged: str
    ) -> Outcome:
        if button.name == SUBMIT:
            return await self._slack.submit(self._account, dict(fields))
        return await self._slack.click(
            self._account,
            channel,
            button.message,
            action_id=button.name,
            version=button.version,
            tamper=Tamper(overwrite={"actions.0.value": forged}) if forged else HONEST,
        )

    async def sees(self, place: str, key: str) -> Shown:
        """Read a card; it goes into the transcript."""
        shown = await self.card(place, key)
        self._scene.told.card(self._scene.clock.now(), self._people.channel(place), shown.text)
        return shown

    async def card(self, place: str, key: str) -> Shown:
        """The newest card of this thing that the person sees there."""
        channel = self._people.channel(place)
        for message in reversed(list((await self._screen(channel)).values())):
            if (key_of(message) or "").endswith(f":{key}"):
                return self._shown(message)
        raise Stuck(f"{self.name} finds no card {key} in {channel}")

    async def _answered(self, channel: str, before: Screen, clicked: str) -> Shown | None:
        """What came for this person alone; else the clicked card, if it is another one now."""
        await self._scene.app.chat.settle()
        after = await self._screen(channel)
        shown = await self._modal() or self._private(before, after)
        if shown is not None:
            self._scene.told.answered(shown.text)
        await self._scene.settle()
        if shown is None and (card := await self._changed(channel, before, clicked)) is not None:
            self._scene.told.changed(card.text)
            return card
        return shown

    def _private(self, before: Screen, after: Screen) -> Shown | None:
        """The newest answer that was not there, or said something else."""
        for ts, message in reversed(after.items()):
            is_answer = message.user == self._people.bot and key_of(message) is None
            if is_answer and (ts not in before or before[ts].versions != message.versions):
                return self._shown(message)
        return None

    async def _changed(self, channel: str, before: Screen, clicked: str) -> Shown | None:
        now = (await self._screen(channel)).get(clicked)
        if now is None or before[clicked].version_blocks == now.version_blocks:
            return None
        return self._shown(now)

    def _shown(self, message: SeenMessage) -> Shown:
        shown = _shown(message)
        return msgspec.structs.replace(shown, text=self._people.read(shown.text))

    async def _screen(self, channel: str) -> Screen:
        return {message.ts: message for message in await self._slack.seen(self._account, channel)}

    async def _modal(self) -> Shown | None:
        """What lies on top; a mere sentence is read and closed."""
        modal = await self._slack.modal(self._account)
        if modal is None:
            return None
        shown = _shown_modal(modal)
        if not shown.buttons:
            await self._slack.close(self._account, all_views=True)
        return shown


def key_of(message: SeenMessage) -> str | None:
    """The key of a card's metadata; None for everything else."""
    if message.metadata is None or message.metadata.get("event_type") != CARD:
        return None
    return str(message.metadata["event_payload"]["key"])


def verb_of(action_id: str) -> str:
    """What the button does, as its name says in front of its place in the row."""
    return action_id.rpartition(":")[0].rpartition("!")[2]


def _shown(message: SeenMessage) -> Shown:
    is_card = key_of(message) is not None
    push = f"Push: {message.text}\n" if is_card else ""
    return Shown(
        text=f"{push}{lines(message.blocks) or message.text}",
        buttons=tuple(_pressable(button, message) for button in message.buttons),
        message=message.ts,
        private=not is_card,
    )


def _pressable(button: Button, message: SeenMessage) -> Pressable:
    return Pressable(
        label=button.label,
        verb=verb_of(button.action_id),
        name=button.action_id,
        message=message.ts,
        value=button.value,
        version=len(message.versions) - 1,
    )


def _shown_modal(modal: OpenModal) -> Shown:
    fields = tuple(block["block_id"] for block in modal.view["blocks"] if block["type"] == "input")
    submit = modal.view.get("submit", {}).get("text", "")
    wrong = "".join(f"\n! {text}" for text in modal.errors.values())
    title = f"(form) {modal.view['title']['text']}"
    buttons = (Pressable(label=submit, verb=SUBMIT, name=SUBMIT),) if submit else ()
    row = f"\n[{submit}]" if submit else ""
    text = f"{title}\n{lines(modal.view['blocks'])}{wrong}{row}"
    return Shown(text=text, buttons=buttons, fields=fields, private=True)
