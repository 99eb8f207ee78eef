"""What `simulate-slack` prints for a shell: pasted there, it types, presses and shows."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from bot.cli.playing import to_paste
from bot.cli.simulate_slack import stage
from tests.bot.twins.slack.slack_house import House, buttons, section

pytestmark = pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl"
)
PARAGRAPH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "Answer by "},
                {"type": "date", "timestamp": 1795193200, "format": "{time}", "fallback": "22:15"},
                {"type": "text", "text": "."},
            ],
        }
    ],
}


async def shell(house: House, words: str) -> str:
    """Paste what is printed, without the links, and then these words."""
    pasted = [line for line in to_paste(stage(house.fake)) if " -m bot link " not in line]
    script = "\n".join([*pasted, words]).replace("sleep 1;", "")
    running = await asyncio.create_subprocess_exec("bash", "-c", script, stdout=asyncio.subprocess.PIPE)
    shown, _ = await running.communicate()
    return shown.decode()


@pytest.fixture
async def at_home(house: House) -> House:
    house.fake.origin = house.url
    return house


async def test_words_are_typed_as_a_command(at_home: House) -> None:
    shown = await shell(at_home, "ring status contoso")
    assert at_home.listener.last.form["text"] == "status contoso"
    assert "error" not in shown


async def test_the_screen_is_shown_as_words_with_its_buttons(at_home: House) -> None:
    await at_home.post("#contoso", section("Approve?"), PARAGRAPH, buttons("Yes", "No, never"))
    assert await shell(at_home, "look") == (
        "-- ringmaster\n   Approve?\n   Answer by 22:15.\n   [Yes] [No, never]\n"
    )


async def test_the_newest_button_of_a_name_is_pressed(at_home: House) -> None:
    for value in ("older", "newer"):
        await at_home.post("#contoso", buttons("No, never", value=value))
    await at_home.post("#contoso", section("something else"))
    await shell(at_home, "press No, never")
    assert at_home.listener.last.payload["actions"][0]["value"] == "newer"


async def test_a_button_that_is_not_there_is_said(at_home: House) -> None:
    assert "dana sees no button 'Aprove'" in await shell(at_home, "press Aprove")


async def test_who_begins_anew_never_repeats_the_name_of_a_delivery(at_home: House) -> None:
    await at_home.slack.command("dana", "#contoso", text="one")
    await at_home.slack.advance(1)
    at_home.fake.replace_workspace(at_home.fake.options.workspace)
    await at_home.slack.command("dana", "#contoso", text="two")
    first, second = (got.form["trigger_id"] for got in at_home.listener.got)
    assert first != second
