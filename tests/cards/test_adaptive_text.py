"""Data stays words in the Markdown of Teams, whoever reads it: desktop, phone, or a crude parser."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.adaptive_text import GAP, quiet, quiet_line, sentence
from cards.inert import inert
from cards.model import MomentStyle, code, moment, strong
from tests.cards.adaptive_checks import active, read_aloud

PRAGUE = ZoneInfo("Europe/Prague")
AT = datetime(2026, 11, 19, 21, 30, tzinfo=UTC)
ATTACKS = (
    "[Approve here](javascript:alert(1))",
    "[Approve here](https://evil.example)",
    "![picture](https://evil.example/x.png)",
    "[a]: https://evil.example",
    "[a][b]",
    "<https://evil.example>",
    "**Approved by Mara**",
    "*x* _x_ __x__ ***x***",
    "~~not~~ approved",
    "`code` ```fence```",
    "# Approved",
    "- item",
    "+ item",
    "* item",
    "1. item",
    "7) item",
    "> said Mara",
    "---",
    "===",
    "    indented",
    "| a | b |",
    "<at>Mara</at>",
    "&lt;at&gt;Mara&lt;/at&gt;",
    "{{DATE(2026-11-19T21:30:00Z,SHORT)}}",
    "{{TIME(2026-11-19T21:30:00Z)}}",
    "{{{{DATE(2026-11-19T21:30:00Z)}}}}",
    "<b>bold</b><br/><!-- x --><?php ?>",
    "\\\\server\\share\\*",
    "C:\\[x](y)",
    "trailing\\",
)
MARKUP = st.text(alphabet="[](){}<>*_~`#-+=|&;:!\\/ .1aZ\u00e9\u200b\n\tDATEatlt", max_size=40)
WORDS = st.one_of(st.sampled_from(ATTACKS), MARKUP, st.text(max_size=20))


def as_read(text: str) -> str:
    """What is left of a text when its own rules for showing have been applied."""
    shown = inert(text).replace("*", "\u2217").replace("`", "'")
    return " ".join(shown.replace("_", "\uff3f").split())


@pytest.mark.parametrize("text", ATTACKS)
def test_no_attack_is_active_in_a_line_of_its_own(text: str) -> None:
    assert active(quiet_line(text)) == []


@pytest.mark.parametrize("text", ATTACKS)
def test_every_attack_is_read_as_the_words_it_is_made_of(text: str) -> None:
    read = " ".join(read_aloud(quiet_line(text)).replace("_", "\uff3f").split())

    assert read == as_read(text)


@settings(max_examples=400, deadline=None)
@given(WORDS)
def test_no_text_at_all_becomes_markup_or_loses_a_sign(text: str) -> None:
    line = quiet_line(text)

    assert active(line) == []
    assert " ".join(read_aloud(line).replace("_", "\uff3f").split()) == as_read(text)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(WORDS, st.builds(strong, WORDS), st.builds(code, WORDS)), max_size=5))
def test_no_spans_side_by_side_become_markup_together(spans: list[str]) -> None:
    assert active(sentence(tuple(spans), PRAGUE)) == []


def test_the_oracle_of_these_tests_sees_what_an_attack_would_do() -> None:
    unseen = [text for text in ATTACKS if not active(text) and read_aloud(text) == text]

    assert unseen == ["[a][b]", "===", "| a | b |", "trailing\\"]  # active beside other lines only


@pytest.mark.parametrize(
    "text",
    [
        "SRV_DB_01",
        "#481233",
        "R&D staff",
        "CONTOSO-PC014",
        "12.5 GB",
        "(4 disk, 2 no backup)",
        "84 of 85",
        "a\\b",
    ],
)
def test_ordinary_words_stay_as_they_are_letter_by_letter(text: str) -> None:
    assert quiet(text) == text


@pytest.mark.parametrize("text", ["مرحبا PC-1", "שלום", "製造部 PC", "🔥 Fernhill 👩‍💻"])
def test_other_scripts_and_emoji_keep_their_letters(text: str) -> None:
    assert quiet(text) == inert(text)


def test_a_gap_of_the_data_itself_is_spelled_out() -> None:
    assert quiet(f"a{GAP}b") == "a[U+200B]b"


@pytest.mark.parametrize(
    ("style", "told"),
    [
        (MomentStyle.TIME, "22:30 ({{TIME(2026-11-19T21:30:00Z)}} yours)"),
        (MomentStyle.DAY, "Thu 19 Nov"),
        (
            MomentStyle.DAY_TIME,
            "Thu 19 Nov 22:30 ({{DATE(2026-11-19T21:30:00Z,SHORT)}} {{TIME(2026-11-19T21:30:00Z)}} yours)",
        ),
    ],
)
def test_a_moment_is_told_by_the_clients_clock_and_the_readers(style: MomentStyle, told: str) -> None:
    assert sentence((moment(AT, style),), PRAGUE) == told


def test_a_moment_within_a_second_is_told_in_whole_seconds() -> None:
    within = AT.replace(microsecond=123456)

    assert sentence((moment(within),), PRAGUE) == sentence((moment(AT),), PRAGUE)


def test_the_last_day_of_the_calendar_is_told_by_the_clients_clock_alone_where_it_has_no_utc() -> None:
    last = datetime.max.replace(tzinfo=ZoneInfo("America/St_Johns"))

    assert sentence((moment(last),), PRAGUE) == "Fri 31 Dec 23:59"


def test_strong_words_are_bold_and_code_is_too() -> None:
    line = sentence(("Installs ", strong("KB5099911"), strong("!"), code("-x"), " now"), PRAGUE)

    assert read_aloud(line) == "Installs KB5099911!-x now"
    assert line.count("**") == 6
    assert active(line) == []
