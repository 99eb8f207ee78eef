"""What `simulate-teams` prints for a shell: pasted there, it types, presses and shows."""

from __future__ import annotations

import asyncio
import shutil
import tomllib

import pytest

from bot.cli.playing import to_paste
from bot.cli.simulate_teams import _to_set, stage
from tests.bot.twins.teams.town import Town, card_of

pytestmark = pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl"
)


async def shell(here: Town, words: str) -> str:
    """Paste what is printed, without the links, and then these words."""
    pasted = [line for line in to_paste(stage(here.teams)) if " -m bot link " not in line]
    script = "\n".join([*pasted, words]).replace("sleep 1;", "")
    running = await asyncio.create_subprocess_exec("bash", "-c", script, stdout=asyncio.subprocess.PIPE)
    shown, _ = await running.communicate()
    return shown.decode()


async def test_words_are_said_to_the_bot_in_the_channel(here: Town) -> None:
    shown = await shell(here, "say status contoso")
    assert here.bot.heard[-1]["text"].endswith("status contoso")
    assert shown == "-- dana\n   status contoso\n"


async def test_the_newest_button_of_a_title_is_pressed_and_the_note_shown(here: Town) -> None:
    for title in ("Go on", "Approve", "Approve"):
        newest = await here.card(here.place("Contoso/patching"), card_of(title))
    here.bot.answers("application/vnd.microsoft.activity.message", "You may not.")
    shown = await shell(here, "press Approve")
    assert here.bot.heard[-1]["replyToId"] == newest
    assert shown.endswith("-- bot\n   Approve?\n   [Approve]\n   note: You may not.\n")


async def test_a_button_that_is_not_there_is_said(here: Town) -> None:
    assert "dana sees no button 'Aprove'" in await shell(here, "press Aprove")


def test_the_settings_that_are_printed_can_be_read(here: Town) -> None:
    lines = _to_set(here.teams)
    begin, end = lines.index("cat > teams.toml <<'END'"), lines.index("END")
    settings = tomllib.loads("\n".join(lines[begin + 1 : end]))["teams"]
    assert settings["openid_url"] == f"{here.teams.url}/openid"
    assert settings["app_id"] == here.teams.options.app_id
