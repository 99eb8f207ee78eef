"""Any card there can be is drawn for Teams: valid, small enough, and with nothing lost unsaid."""

from __future__ import annotations

import json
import re
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.adaptive import Named, render
from cards.model import (
    Card,
    Context,
    Divider,
    Element,
    Emphasis,
    Facts,
    Image,
    MomentStyle,
    Progress,
    Shape,
    Status,
    Table,
    Text,
    button,
    code,
    facts,
    line,
    moment,
    strong,
    table,
)
from tests.cards.adaptive_checks import active, fits, is_valid, lines, presses, read_aloud
from tests.cards.test_adaptive_text import ATTACKS, MARKUP

PRAGUE = ZoneInfo("Europe/Prague")
HUGE = st.sampled_from(("製" * 2_000, "🔥" * 900, "مرحبا " * 400, "\u202e" * 400, "n" * 5_000))
WORDS = st.one_of(st.sampled_from(ATTACKS), MARKUP, st.text(max_size=20), HUGE)
SPANS = st.lists(
    st.one_of(
        WORDS,
        st.builds(strong, WORDS),
        st.builds(code, WORDS),
        st.builds(moment, st.datetimes(timezones=st.just(UTC)), st.sampled_from(MomentStyle)),
    ),
    max_size=3,
).map(tuple)
ELEMENTS = st.one_of(
    st.builds(Text, text=SPANS, emphasis=st.sampled_from(Emphasis)),
    st.builds(Context, text=SPANS),
    st.builds(Facts, pairs=st.lists(st.tuples(WORDS, SPANS), max_size=3).map(tuple)),
    st.builds(
        Table,
        columns=st.lists(WORDS, max_size=3).map(tuple),
        rows=st.lists(st.lists(SPANS, max_size=4).map(tuple), max_size=3).map(tuple),
    ),
    st.builds(Progress, done=st.integers(), total=st.integers(), label=WORDS),
    st.builds(Image, alt=WORDS, url=WORDS | st.just("https://example.com/a.png"), svg=WORDS),
    st.just(Divider()),
)
CARDS = st.builds(
    Card,
    push=WORDS,
    title=WORDS,
    body=st.builds(
        lambda some, times: tuple(some * times), st.lists(ELEMENTS, max_size=4), st.integers(1, 40)
    ),
    buttons=st.lists(
        st.builds(
            button,
            WORDS,
            MARKUP,
            MARKUP,
            style=st.sampled_from(("primary", "danger", "plain")),
            confirm=st.none() | WORDS,
        ),
        max_size=7,
    ).map(tuple),
    key=WORDS,
    mention=st.lists(WORDS, max_size=25).map(tuple),
    status=st.none() | st.builds(Status, shape=st.sampled_from(Shape), word=WORDS),
    typed=WORDS,
    phone=st.booleans(),
)
ANY = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def shown(*body: Element, phone: bool = True, **more: Any) -> Card:
    return Card(push="Push line", title="Title", body=body, key="k", phone=phone, **more)


def content(card: Card) -> dict[str, Any]:
    return render(card, PRAGUE).content


def named(person: str) -> Named:
    return Named(id=f"29:{person}", name=person)


@ANY
@given(CARDS)
def test_any_card_is_valid_and_within_the_size(card: Card) -> None:
    drawn = render(card, PRAGUE, named)

    assert is_valid(drawn.content)
    assert fits(drawn.text, drawn.content)


@ANY
@given(CARDS)
def test_no_data_of_any_card_becomes_markup_a_template_or_a_mention(card: Card) -> None:
    drawn = render(card, PRAGUE, named)
    tags = [entity["text"] for entity in drawn.content["msteams"].get("entities", ())]
    texts = lines(drawn.content)
    called = [text for text in texts if text.startswith("For <at>")]

    assert active(drawn.text) == []
    assert [text for text in texts if "<at" in text] == called
    assert len(called) == bool(tags)
    assert re.findall("<at>.*?</at>", "".join(called)) == tags
    for text in texts:
        assert active(re.sub("</?at>", "", text) if text in called else text, moments=True) == []


@ANY
@given(CARDS)
def test_any_card_keeps_its_title_its_buttons_and_its_typed_way_out(card: Card) -> None:
    drawn = content(card)
    texts = lines(drawn)

    assert [(p["verb"], p["data"]["value"]) for p in presses(drawn)] == [
        (b.verb, b.value) for b in card.buttons
    ]
    assert [part for part in drawn["body"] if part.get("style") == "heading"]
    assert bool(card.typed) == texts[-1].startswith("Or type: ")


@ANY
@given(CARDS)
def test_any_card_drawn_twice_is_the_same_to_the_byte(card: Card) -> None:
    assert json.dumps(content(card)) == json.dumps(content(card))


# --- the size ---


def test_sixty_facts_stand_whole_on_a_card_for_details() -> None:
    many = shown(facts(*((f"CONTOSO-PC{n:03}", "KB5099901 installed") for n in range(60))), phone=False)

    drawn = content(many)

    assert len(drawn["body"][-1]["facts"]) == 60
    assert is_valid(drawn)


def test_sixty_facts_on_a_phone_are_cut_to_what_it_shows_and_the_rest_is_counted() -> None:
    many = shown(facts(*((f"PC{n}", "fine") for n in range(60))))

    texts = lines(content(many))

    assert "53 more lines are not shown here; Details has them all." in texts[-1]


@pytest.mark.parametrize("sign", ["製", "🔥", "n"])
def test_what_does_not_fit_into_one_message_is_counted_line_by_line(sign: str) -> None:
    many = shown(*(line(sign * 250) for _ in range(400)), phone=False, typed="details 7K2")

    drawn = render(many, PRAGUE)
    texts = [read_aloud(text) for text in lines(drawn.content)]
    kept = texts.count(sign * 250)

    assert fits(drawn.text, drawn.content)
    assert kept > 40
    assert texts[-2].startswith(f"… {400 - kept} more lines are not shown here; ")
    assert texts[-1] == "Or type: details 7K2"


def test_a_card_is_filled_up_before_anything_is_cut() -> None:
    drawn = content(shown(*(line("製" * 200) for _ in range(400)), phone=False))

    assert 2 * len(json.dumps(drawn, ensure_ascii=False)) > 70_000


def test_a_long_set_of_facts_keeps_its_beginning() -> None:
    body = facts(*(("Device " + "製" * 100, "製" * 250) for _ in range(300)))
    drawn = render(shown(body, line("the end"), phone=False), PRAGUE)
    many = drawn.content["body"][1]["facts"]

    assert fits(drawn.text, drawn.content)
    assert 10 < len(many) < 300
    assert f"… {300 - len(many) + 1} more lines" in lines(drawn.content)[-1]


def test_a_long_table_keeps_its_beginning() -> None:
    body = table(("Device",), (((strong("製" * 280), "製" * 280, "製" * 280),) for _ in range(50)))
    drawn = render(shown(body, line("the end"), phone=False), PRAGUE)
    kept = [text for text in lines(drawn.content) if text.startswith("Device: ")]

    assert fits(drawn.text, drawn.content)
    assert 10 < len(kept) < 50
    assert "more lines" in lines(drawn.content)[-1]


def test_a_line_that_is_too_long_by_itself_is_counted_too() -> None:
    endless = shown(Text(text=tuple("製" * 300 for _ in range(400))), typed="approve 7K2")

    texts = lines(render(endless, PRAGUE).content)

    assert "… 1 more line is not shown here; Details has them all." in texts
    assert read_aloud(texts[-1]) == "Or type: approve 7K2"
