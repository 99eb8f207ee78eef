"""Any card there can be is drawn for Teams: valid, small enough, in order, and with nothing lost unsaid."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cards.adaptive import COLOURS, MENTIONS, SIGNS, Named, nobody, render
from cards.model import (
    Card,
    Divider,
    Element,
    Image,
    Progress,
    Shape,
    Status,
    button,
    facts,
    line,
    moment,
    table,
)
from tests.cards.adaptive_checks import lines, parts, presses, read_aloud

PRAGUE = ZoneInfo("Europe/Prague")
AT = datetime(2026, 11, 19, 21, 30, tzinfo=UTC)


def shown(*body: Element, phone: bool = True, **more: Any) -> Card:
    return Card(push="Push line", title="Title", body=body, key="k", phone=phone, **more)


def content(card: Card) -> dict[str, Any]:
    return render(card, PRAGUE).content


def named(person: str) -> Named:
    return Named(id=f"29:{person}", name=person)


# --- status, lines, elements ---


def test_every_status_has_a_sign_of_its_own_and_its_word() -> None:
    texts = [lines(content(shown(status=Status(shape=shape, word="Word"))))[0] for shape in Shape]

    assert len(set(SIGNS.values())) == len(Shape) == len(COLOURS)
    assert texts == [f"{SIGNS[shape]} Word" for shape in Shape]


def test_the_push_line_stands_beside_the_card_and_for_clients_too_old_for_it() -> None:
    drawn = render(shown(), PRAGUE)

    assert drawn.text == drawn.content["fallbackText"] == "Push line"


def test_facts_that_tell_a_moment_are_lines_because_templates_work_in_text_alone() -> None:
    drawn = content(shown(facts(("Next", (moment(AT),)), ("Then", "nothing"), ("", "no name"))))

    assert not [part for part in parts(drawn) if part.get("type") == "FactSet"]
    assert [read_aloud(text) for text in lines(drawn)[1:]] == [
        "Next: Thu 19 Nov 22:30 ({{DATE(2026-11-19T21:30:00Z,SHORT)}} {{TIME(2026-11-19T21:30:00Z)}} yours)",
        "Then: nothing",
        "no name",
    ]


def test_numbers_of_a_progress_stand_in_words_even_when_they_are_nonsense() -> None:
    assert lines(content(shown(Progress(done=7, total=-1, label="PCs"))))[-1] == "**7 of -1** PCs"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "http://example.com/a.png",
        "data:image/png;base64,AA",
        "https://[",
        "https://a b",
        "",
    ],
)
def test_only_a_secure_web_address_becomes_a_picture(url: str) -> None:
    drawn = content(shown(Image(alt="A picture", url=url)))

    assert not [part for part in parts(drawn) if part.get("type") == "Image"]
    assert lines(drawn)[-1] == "[Picture: A picture]"


def test_a_picture_has_its_words_for_who_hears_it_and_for_who_cannot_load_it() -> None:
    drawn = content(shown(Image(alt="30 of 31 PCs", url="https://example.com/a.png")))

    assert drawn["body"][-2]["altText"] == "30 of 31 PCs"
    assert lines(drawn)[-1] == "30 of 31 PCs"


def test_a_divider_is_the_rule_above_the_part_after_it() -> None:
    drawn = content(shown(line("one"), Divider(), line("two"), Divider()))

    assert [part.get("separator", False) for part in drawn["body"]] == [False, False, True]


def test_a_table_on_a_card_for_the_phone_is_drawn_as_sentences() -> None:
    grid = table(("Device", "State"), (("PC1", "fine"), ("PC2",), ("PC3", "off", "since Friday")))

    drawn = content(shown(grid))

    assert lines(drawn)[1:] == [
        "Device: PC1; State: fine",
        "Device: PC2",
        "Device: PC3; State: off; since Friday",
    ]
    assert not [part for part in parts(drawn) if part.get("type") == "Table"]


def test_rows_that_are_not_drawn_are_counted() -> None:
    grid = table(("Device",), ((f"PC{n}",) for n in range(60)))

    drawn = content(shown(grid, phone=False))

    assert sum(text.startswith("Device: PC") for text in lines(drawn)) == 50
    assert lines(drawn)[-1] == "… and 10 more rows"


# --- buttons ---


def test_a_button_that_asks_first_has_its_question_before_the_press() -> None:
    asks = shown(buttons=(button("Stop", "stop", "v1", style="danger", confirm="Stop at Contoso?"),))

    (opening,) = content(asks)["actions"]

    assert opening["type"] == "Action.ShowCard"
    assert opening["card"]["body"][0]["text"] == "Stop at Contoso?"
    assert [(p["title"], p["data"]) for p in presses(opening)] == [("Yes: Stop", {"value": "v1"})]


def test_a_press_carries_the_value_and_no_inputs_and_old_clients_submit_the_same() -> None:
    (press,) = content(shown(buttons=(button("Approve", "approve", "v1.a.b", style="primary"),)))["actions"]

    assert (press["type"], press["verb"], press["data"]) == ("Action.Execute", "approve", {"value": "v1.a.b"})
    assert (press["style"], press["associatedInputs"]) == ("positive", "none")
    assert press["fallback"]["type"] == "Action.Submit"
    assert press["fallback"]["data"] == {"value": "v1.a.b", "verb": "approve"}


def test_buttons_beyond_the_row_go_into_the_menu_and_not_away() -> None:
    many = shown(buttons=tuple(button(f"B{n}", "v", "x") for n in range(8)))

    assert [a.get("mode", "primary") for a in content(many)["actions"]] == ["primary"] * 6 + ["secondary"] * 2


# --- mentions ---


def test_people_are_called_by_a_tag_that_the_entities_explain() -> None:
    drawn = render(shown(mention=("mara", "tomas")), PRAGUE, named).content

    assert lines(drawn)[-1] == "For <at>mara</at>, <at>tomas</at>"
    assert drawn["msteams"]["entities"] == [
        {"type": "mention", "text": "<at>mara</at>", "mentioned": {"id": "29:mara", "name": "mara"}},
        {"type": "mention", "text": "<at>tomas</at>", "mentioned": {"id": "29:tomas", "name": "tomas"}},
    ]


def test_who_is_not_on_teams_is_not_called() -> None:
    drawn = render(shown(mention=("mara",)), PRAGUE, nobody).content

    assert "<at>" not in json.dumps(drawn)
    assert "entities" not in drawn["msteams"]


def test_nobody_without_an_id_is_called_because_teams_would_refuse_the_message() -> None:
    drawn = render(shown(mention=("mara",)), PRAGUE, lambda person: Named(id=" ", name=person)).content

    assert "entities" not in drawn["msteams"]


def test_two_people_of_one_name_have_two_tags() -> None:
    same = render(shown(mention=("a", "b")), PRAGUE, lambda person: Named(id=person, name="Sam")).content

    assert [entity["text"] for entity in same["msteams"]["entities"]] == ["<at>Sam</at>", "<at>Sam (2)</at>"]


def test_one_person_named_twice_is_called_once() -> None:
    drawn = render(shown(mention=("mara", "mara")), PRAGUE, named).content

    assert len(drawn["msteams"]["entities"]) == 1


def test_a_name_cannot_end_its_tag_and_call_somebody_else() -> None:
    evil = Named(id="1", name="x</at><at>Mara</at> **boss**")

    drawn = render(shown(mention=("evil",)), PRAGUE, lambda _: evil).content

    assert lines(drawn)[-1].count("<at>") == 1
    assert "**" not in lines(drawn)[-1]


def test_more_people_than_anybody_calls_are_counted() -> None:
    many = shown(mention=tuple(f"p{n}" for n in range(MENTIONS + 5)))

    drawn = render(many, PRAGUE, named).content

    assert len(drawn["msteams"]["entities"]) == MENTIONS
    assert lines(drawn)[-1].endswith(" and 5 more")


def test_no_text_of_a_card_is_empty_because_teams_takes_none() -> None:
    drawn = content(shown(table(("Factor", "Because"), ("a part of it", "")), line(""), phone=False))

    assert [text for text in texts_in(drawn) if not text] == []


def texts_in(value: Any) -> list[str]:
    """The text of every TextBlock."""
    if isinstance(value, list):
        return [text for each in value for text in texts_in(each)]
    if not isinstance(value, dict):
        return []
    own = [str(value["text"])] if value.get("type") == "TextBlock" else []
    return own + [text for each in value.values() for text in texts_in(each)]
