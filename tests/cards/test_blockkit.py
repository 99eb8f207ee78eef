"""A card as a Slack message: everything is there, in words, and nothing from outside does anything."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cards import blockkit
from cards.blockkit import SlackMessage
from cards.model import (
    Card,
    Divider,
    Element,
    Emphasis,
    Image,
    MomentStyle,
    Progress,
    Shape,
    Status,
    button,
    code,
    context,
    facts,
    line,
    moment,
    strong,
    table,
)
from tests.cards.blockkit_rules import check_message, read_aloud

AT = datetime(2026, 11, 16, 21, 30, tzinfo=UTC)
PRAGUE = ZoneInfo("Europe/Prague")
MARKUP = "<!channel> <@U0EVIL> *b* _i_ ~s~ `c` <https://evil.example|here> & :fire: #general"


def card(*body: Element, **more: Any) -> Card:
    """A card about nothing."""
    return Card(**{"push": "Something", "title": "Something to see", "body": body, "key": "k", **more})


def blocks(*body: Element, **more: Any) -> list[dict[str, Any]]:
    """Its blocks, within the rules."""
    return checked(blockkit.render(card(*body, **more), PRAGUE))


def checked(drawn: SlackMessage) -> list[dict[str, Any]]:
    """The blocks of a message that Slack would take."""
    assert drawn.text
    assert "<" not in drawn.text
    assert ">" not in drawn.text
    found = list(drawn.blocks)
    check_message(found)
    return found


def parts(*body: Element) -> list[dict[str, Any]]:
    """The inline elements of the first rich text below the title."""
    rich = next(block for block in blocks(*body) if block["type"] == "rich_text")
    found: list[dict[str, Any]] = rich["elements"][0]["elements"]
    return found


def test_the_push_line_is_the_notification_text_escaped() -> None:
    drawn = blockkit.render(card(push="A & B <!here>"), PRAGUE)

    assert drawn.text == "A &amp; B &lt;!here&gt;"


def test_the_title_is_the_header_and_the_state_is_a_word_below_it() -> None:
    first, second = blocks(status=Status(shape=Shape.STOPPED, word="Stopped"))

    assert first == {
        "type": "header",
        "text": {"type": "plain_text", "text": "Something to see", "emoji": False},
    }
    assert second["elements"][0]["text"] == "✕ Stopped"


def test_a_title_that_is_cut_stands_whole_below() -> None:
    title = "Approve? " + "x" * 160

    drawn = blocks(title=title)

    assert drawn[0]["text"]["text"].endswith("…")
    assert title in read_aloud(drawn[1:])


@pytest.mark.parametrize(
    "element",
    [line(MARKUP), context(MARKUP), facts((MARKUP, MARKUP)), line(strong(MARKUP)), line(code(MARKUP))],
)
def test_markup_from_outside_is_only_letters(element: Element) -> None:
    drawn = blocks(element, title=MARKUP, typed=MARKUP, status=Status(shape=Shape.NOTE, word=MARKUP))

    kinds = {one["type"] for one in drawn}
    assert kinds <= {"header", "context", "rich_text"}
    assert "'mrkdwn'" not in str(drawn)
    assert "'user'" not in str(drawn)
    assert "'link'" not in str(drawn)
    assert read_aloud(drawn[2:]).count("<!channel>") >= 2


def test_a_moment_is_told_by_the_clients_clock_and_then_by_the_readers() -> None:
    text, date = parts(line("Starts ", moment(AT)))

    assert text["text"] == "Starts Mon 16 Nov 22:30 "
    assert date == {
        "type": "date",
        "timestamp": 1794864600,
        "format": "({date_short_pretty} {time} yours)",
        "fallback": "(2026-11-16 22:30 CET)",
    }


def test_a_day_is_the_clients_day() -> None:
    assert parts(line(moment(AT, MomentStyle.DAY))) == [{"type": "text", "text": "Mon 16 Nov"}]


def test_the_clock_is_named_where_moments_are_told() -> None:
    assert "Times: Europe/Prague clock, then your own." in read_aloud(blocks(line(moment(AT))))
    assert "Times:" not in read_aloud(blocks(line("No moment")))


def test_weights_are_fields_beside_the_text() -> None:
    assert parts(line("a", strong("b"), code("c"))) == [
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b", "style": {"bold": True}},
        {"type": "text", "text": "c", "style": {"code": True}},
    ]


def test_a_strong_line_is_bold_throughout() -> None:
    (part,) = parts(line("a", strong("b"), emphasis=Emphasis.STRONG))

    assert part == {"type": "text", "text": "ab", "style": {"bold": True}}


def test_lines_share_a_block_and_stand_apart_from_small_print() -> None:
    drawn = blocks(line("one"), facts(("two", "2")), context("small"), line("three"))

    assert [block["type"] for block in drawn] == ["header", "rich_text", "context", "rich_text"]
    assert "one\n" in read_aloud(drawn[1])


def test_progress_says_its_numbers_before_its_bar() -> None:
    (part,) = parts(Progress(done=5, total=10, label="PCs"))

    assert part["text"] == "5 of 10 PCs ▰▰▰▰▰▱▱▱▱▱"


def test_a_table_is_a_grid_where_it_fits() -> None:
    drawn = blocks(table(("Device", "State"), (("PC1", "fine"), ("端末", "off"))), phone=False)

    (grid,) = drawn[1]["elements"]
    assert grid["type"] == "rich_text_preformatted"
    assert grid["elements"][0]["text"] == (
        "Device | State\n-------+------\nPC1    | fine\n端末   | off"  # two columns a sign
    )


@pytest.mark.parametrize(("phone", "cell"), [(True, "fine"), (False, "x" * 90)])
def test_a_table_is_written_out_where_a_grid_does_not_fit(phone: bool, cell: str) -> None:
    drawn = blocks(table(("Device", "State"), (("PC1", cell),)), phone=phone)

    text = "".join(part["text"] for part in drawn[1]["elements"][0]["elements"])
    assert text == f"Device: PC1; State: {cell}"


def test_rows_beyond_the_fiftieth_are_counted() -> None:
    drawn = blocks(table(("A",), (("x",),) * 60), phone=False)

    assert "… and 10 more rows" in read_aloud(drawn)


def test_a_picture_stands_beside_its_words() -> None:
    _, picture = blocks(Image(alt="30 of 31 fine", url="https://img.example/p.png"))

    assert picture["text"]["text"] == "30 of 31 fine"
    assert picture["accessory"]["image_url"] == "https://img.example/p.png"
    assert picture["accessory"]["alt_text"] == "30 of 31 fine"


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/p.png",
        "javascript:alert(1)",
        "https://",
        "https://[",
        "p.png",
        "https://a.example/ж.png",
    ],
)
def test_a_picture_without_a_safe_address_is_its_words(url: str) -> None:
    assert parts(Image(alt="30 of 31 fine", url=url)) == [
        {"type": "text", "text": "[Picture: 30 of 31 fine]"}
    ]


def test_an_address_that_is_no_picture_is_a_link() -> None:
    (part,) = parts(Image(alt="Status page", url="https://status.example/"))

    assert part == {"type": "link", "url": "https://status.example/", "text": "Status page"}


def test_a_divider_is_a_divider() -> None:
    assert blocks(line("a"), Divider(), line("b"))[2] == {"type": "divider"}


def test_a_button_carries_its_verb_value_style_and_question() -> None:
    drawn = blocks(buttons=(button("Stop", "stop", "v1.x", style="danger", confirm="Stop it?"),))

    (one,) = drawn[-1]["elements"]
    assert one["action_id"] == "stop:0"
    assert one["value"] == "v1.x"
    assert one["style"] == "danger"
    assert one["accessibility_label"] == "Stop: Something to see"
    assert one["confirm"]["text"]["text"] == "Stop it?"
    assert one["confirm"]["confirm"]["text"] == "Stop"


def test_two_buttons_of_one_verb_have_two_ids() -> None:
    drawn = blocks(buttons=(button("A", "go", "1"), button("B", "go", "2")))

    assert [one["action_id"] for one in drawn[-1]["elements"]] == ["go:0", "go:1"]


def test_a_button_whose_value_is_too_long_is_named_instead() -> None:
    drawn = blocks(buttons=(button("Fine", "a", "v"), button("Huge", "b", "v" * 2001)))

    assert len(drawn[1]["elements"]) == 1
    assert "… 1 more buttons do not fit here, the console has them: Huge" in read_aloud(drawn)


def test_the_typed_way_out_is_code() -> None:
    assert blocks(typed="approve 4QT")[-1]["elements"][0]["elements"] == [
        {"type": "text", "text": "Or type: "},
        {"type": "text", "text": "approve 4QT", "style": {"code": True}},
    ]


def test_only_people_of_this_platform_are_called() -> None:
    known = {"mara": "<@U0MARA>", "ivo": "<@W0IVO>", "evil": "<!channel>", "odd": "<@U1> <@U2>"}
    asked = card(mention=("mara", "nobody", "evil", "odd", "ivo", "mara"))

    drawn = checked(blockkit.render(asked, PRAGUE, lambda person: known.get(person, "")))

    assert drawn[-1]["text"] == {"type": "mrkdwn", "text": "For <@U0MARA>, <@W0IVO>", "verbatim": True}


def test_no_line_of_mentions_when_nobody_is_there() -> None:
    assert [block["type"] for block in blocks(mention=("mara",))] == ["header"]


def test_sixty_facts_are_cut_on_a_phone_and_the_rest_is_counted() -> None:
    sixty = facts(*((f"Name {n}", "x") for n in range(60)))
    drawn = blocks(sixty, buttons=(button("Details", "details", "v"),), typed="approve 4QT")

    heard = read_aloud(drawn)
    assert "Name 6" in heard
    assert "Name 7" not in heard
    assert "… 53 more lines are not shown here; Details has them all." in heard
    assert "approve 4QT" in heard
    assert drawn[-2]["type"] == "actions"


def test_sixty_facts_are_whole_in_a_report() -> None:
    drawn = blocks(facts(*((f"Name {n}", "x") for n in range(60))), phone=False)

    assert "Name 59" in read_aloud(drawn)
    assert "not shown" not in read_aloud(drawn)


@pytest.mark.parametrize("body", [(line("word " * 40),) * 400, (context("word"), Divider()) * 400])
def test_what_no_message_holds_is_cut_in_the_open(body: tuple[Element, ...]) -> None:
    drawn = blocks(*body, phone=False, typed="approve 4QT", buttons=(button("Go", "go", "v"),))

    heard = read_aloud(drawn)
    assert "more lines are not shown here; the console has them all." in heard
    assert {"header", "actions"} <= {block["type"] for block in drawn}
    assert "approve 4QT" in heard


def test_a_rule_that_does_not_fit_is_no_missing_line() -> None:
    drawn = blocks(*(context("word"),) * 49, Divider(), phone=False)

    assert len(drawn) == 50
    assert "not shown" not in read_aloud(drawn)


def test_a_line_without_anything_to_see_is_left_away() -> None:
    assert [block["type"] for block in blocks(line(" "), line(), context(" "), line(strong("")))] == [
        "header"
    ]


def test_a_line_of_five_thousand_characters_says_how_much_is_missing() -> None:
    assert "4,700 more characters" in read_aloud(blocks(line("x" * 5000)))


def test_a_line_of_a_thousand_pieces_says_that_it_is_cut() -> None:
    drawn = blocks(line(*(strong(str(n)) for n in range(1000))))

    assert "[the rest of this line is left out]" in read_aloud(drawn)


@pytest.mark.parametrize(
    "text", ["十一月の更新プログラム", "תיקוני נובמבר", "🔥🧯👩‍💻", "e\u0301", "أ" * 300]
)
def test_other_scripts_come_through(text: str) -> None:
    assert text in read_aloud(blocks(line(text), facts((text, text))))


def test_signs_that_turn_a_line_round_are_spelled_out() -> None:
    heard = read_aloud(blocks(line("a\u202eb\u200bc")))

    assert "a[U+202E]b[U+200B]c" in heard


def test_drawing_twice_is_the_same() -> None:
    whole = card(line(moment(AT), code("x")), table(("A",), (("b",),)), buttons=(button("Go", "go", "v"),))

    assert blockkit.render(whole, PRAGUE) == blockkit.render(whole, PRAGUE)
