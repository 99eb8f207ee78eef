"""The card of a phase's question: *Go* hangs there only while a go would count, in every copy."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from bot.core.gates import GateStatus
from bot.core.project_words import Project, ProjectStatus
from bot.core.templates import Phase
from bot.runner.show import LIVE_PAUSE
from bot.surfaces.port import Said
from cards.model import Card, Form
from handlers.phase_templates import Templates, load_templates
from handlers.projects import projects_here
from tests.bot.runner.runner_bench import Bench
from tests.phases import template, word

PATIENCE = LIVE_PAUSE + timedelta(seconds=1)
SMALL = template(
    Phase(name="only", prerequisites=(word("list", owner="lead", days=2),), if_go=("it rains.",))
)


class Room:
    """Contoso's channel, where Dana types."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        bench.office.templates = Templates(sound={"small": SMALL})
        self._lines = 0

    async def say(self, text: str) -> Card:
        """The answer, for Dana alone."""
        self._lines += 1
        said = Said(
            conversation="contoso",
            person_id="dana",
            proof="console-token",
            text=text,
            delivery_id=f"line-{self._lines}",
            received_at=self.bench.clock.now(),
        )
        answer = await self.bench.app.backend.say(said)
        assert isinstance(answer, Card)
        await self.later()
        return answer

    async def later(self, time: timedelta = PATIENCE) -> None:
        """So long that a live card may be drawn again."""
        self.bench.clock.advance(self.bench.clock.now() + time)
        await self.bench.settle()

    def project(self) -> Project:
        with self.bench.store.read("contoso") as uow:
            (one,) = projects_here(uow, finished=True)
        return one

    async def card(self, key: str, place: str = "contoso") -> Card:
        """The card that hangs there under this key, as it looks now."""
        posts = await self.bench.app.backend.posts("dana", place, 50)
        found = [post.card for post in posts if isinstance(post.card, Card) and post.card.key == key]
        assert len(found) == 1, key
        return found[0]

    async def verbs(self, place: str = "contoso") -> list[str]:
        """What can be pressed on the question's card."""
        card = await self.card(f"gate:{self.project().id}-g1", place)
        return [button.verb for button in card.buttons]

    async def press(self, verb: str) -> str:
        gate = f"{self.project().id}-g1"
        return await self.bench.click(self.bench.made_button(verb, gate=gate), id=f"press-{verb}")


@pytest.fixture
async def room(bench: Bench) -> Room:
    made = Room(bench)
    await made.say("phase start small")
    return made


async def test_go_appears_in_every_copy_once_a_go_would_count(room: Room) -> None:
    await room.say("phase advance")
    assert await room.verbs() == ["not-yet", "details"]

    await room.say("phase done list")

    assert await room.verbs() == ["go", "not-yet", "details"]
    assert await room.verbs("dm-dana") == ["go", "not-yet", "details"]


async def test_go_goes_away_by_time_alone(room: Room) -> None:
    await room.say("phase done list")
    await room.later(timedelta(days=2) - timedelta(hours=1))
    await room.say("phase advance")
    assert "go" in await room.verbs()

    await room.later(timedelta(hours=1))
    await room.later()

    assert "go" not in await room.verbs()


async def test_a_go_pressed_on_an_old_card_is_refused_with_what_is_missing(room: Room) -> None:
    await room.say("phase advance")

    answer = await room.press("go")

    assert "missing: The list is there" in answer
    assert room.bench.gate(f"{room.project().id}-g1").status == GateStatus.OPEN


async def test_a_go_closes_the_card_and_finishes_the_projects_own(room: Room) -> None:
    await room.say("phase done list")
    await room.say("phase advance")

    answer = await room.press("go")
    await room.later()

    assert "Go, said by you" in answer
    assert room.project().status == ProjectStatus.FINISHED
    assert (await room.card(f"gate:{room.project().id}-g1")).title == "Go. Contoso move: only"
    assert "finished" in (await room.card(f"project:{room.project().id}")).title
    room.bench.whole()


async def test_not_yet_asks_why_and_its_form_takes_words(room: Room) -> None:
    await room.say("phase advance")

    why = await room.press("not-yet")
    form = await room.press("not-yet-words")

    assert "The date does not fit" in why
    assert msgspec.json.decode(form, type=Card | Form).__class__ is Form


async def test_silence_says_hold_on_the_card(room: Room) -> None:
    await room.say("phase advance")

    await room.later(timedelta(hours=9))

    card = await room.card(f"gate:{room.project().id}-g1")
    assert card.title == "Hold. Contoso move: only"
    assert [button.verb for button in card.buttons] == ["details"]


async def test_those_who_have_not_answered_are_called_again(room: Room) -> None:
    await room.say("phase advance")

    await room.later(timedelta(hours=3))

    again = await room.card(f"gate:{room.project().id}-g1:reminder", "dm-dana")
    assert again.push.startswith("Reminder")


@pytest.mark.parametrize("kind", ["gate", "project"])
async def test_details_name_every_prerequisite(room: Room, kind: str) -> None:
    await room.say("phase advance")
    subject = room.project().id + ("-g1" if kind == "gate" else "")

    value = room.bench.made_button("details", gate=f"{room.project().id}-g1")
    if kind == "project":
        card = await room.card(f"project:{subject}")
        value = next(button.value for button in card.buttons)
    answer = await room.bench.click(value, id="details")

    assert "list: The list is there" in answer


async def test_the_program_brings_the_shipped_templates(bench: Bench) -> None:
    assert bench.office.templates == load_templates()
    assert "mail-migration" in bench.office.templates.names()


async def test_the_ledger_alone_gives_the_same_project(room: Room) -> None:
    await room.say("phase advance")
    await room.press("not-yet-missing")
    await room.say("phase done list")
    await room.say("phase advance")

    assert msgspec.json.encode(room.project())
    room.bench.whole()
