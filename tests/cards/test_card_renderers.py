"""Both renderers draw every card there can be, and nothing in a card can escape from its place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from cards import html, html_forms, plain
from cards.model import (
    Card,
    Divider,
    Element,
    Form,
    Image,
    Moment,
    MomentStyle,
    MultiChoiceField,
    Option,
    Progress,
    Shape,
    Status,
    Table,
    Text,
    TextField,
    button,
    code,
    context,
    facts,
    line,
    moment,
    strong,
)

AT = datetime(2026, 11, 16, 21, 30, tzinfo=UTC)
PRAGUE = timezone(timedelta(hours=1), "CET")
ATTACK = "\"><script>alert(1)</script><img src=x onerror=alert(1)> & ' <b>"
LIVE = html.Drawing(action="/click", hidden=(("csrf", "t"),), nonce="n", zone=PRAGUE)

WORDS = st.text(max_size=60)
SPANS = st.lists(
    st.one_of(
        WORDS,
        st.builds(strong, WORDS),
        st.builds(code, WORDS),
        st.builds(moment, st.datetimes(timezones=st.just(UTC)), st.sampled_from(MomentStyle)),
    ),
    max_size=3,
).map(tuple)
BODY = st.lists(
    st.one_of(
        st.builds(Text, text=SPANS),
        st.builds(lambda s: context(*s), SPANS),
        st.builds(lambda pairs: facts(*pairs), st.lists(st.tuples(WORDS, SPANS), max_size=3)),
        st.builds(
            Table,
            columns=st.lists(WORDS, max_size=3).map(tuple),
            rows=st.lists(st.lists(SPANS, max_size=4).map(tuple), max_size=3).map(tuple),
        ),
        st.builds(Progress, done=st.integers(), total=st.integers(), label=WORDS),
        st.builds(Image, alt=WORDS, url=WORDS, svg=WORDS),
        st.just(Divider()),
    ),
    max_size=5,
).map(tuple)
CARDS = st.builds(
    Card,
    push=WORDS,
    title=WORDS,
    body=BODY,
    buttons=st.lists(st.builds(button, WORDS, WORDS, WORDS, confirm=st.none() | WORDS), max_size=3).map(
        tuple
    ),
    key=WORDS,
    typed=WORDS,
    phone=st.booleans(),
)


class Tags(HTMLParser):
    """Collects start tags with their attributes, and checks that tags close in order."""

    VOID = ("input", "img", "hr", "path", "rect", "circle", "meta", "link")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        self.words += data


def card(*body: Element) -> Card:
    return Card(push="p", title="t", body=body, key="k")


@settings(max_examples=60, deadline=None)
@given(CARDS)
def test_every_card_is_drawn_by_both_renderers(any_card: Card) -> None:
    assert isinstance(plain.render(any_card, PRAGUE), str)
    names = {tag for tag, _ in Tags(html.render(any_card, LIVE)).found}

    assert "script" not in names


def test_no_name_becomes_markup_anywhere_on_a_card() -> None:
    attacked = Card(
        push=ATTACK,
        title=ATTACK,
        status=Status(shape=Shape.NOTE, word=ATTACK),
        body=(
            line(ATTACK, strong(ATTACK), code(ATTACK)),
            facts((ATTACK, ATTACK)),
            Progress(done=1, total=2, label=ATTACK),
            Image(alt=ATTACK, url="https://example.com/?" + ATTACK),
        ),
        buttons=(button(ATTACK, ATTACK, ATTACK, confirm=ATTACK),),
        key=ATTACK,
        typed=ATTACK,
    )

    tags = Tags(html.render(attacked, LIVE))

    assert not {"script", "b"} & {tag for tag, _ in tags.found}
    assert not [name for _, attributes in tags.found for name in attributes if name.startswith("on")]
    assert ATTACK in [attributes.get("value") for _, attributes in tags.found]


def test_no_name_becomes_markup_anywhere_on_a_form() -> None:
    form = Form(
        title=ATTACK,
        fields=(
            TextField(name="a", label=ATTACK, hint=ATTACK, initial=ATTACK, lines=2),
            MultiChoiceField(name="b", label=ATTACK, options=(Option(value=ATTACK, label=ATTACK),)),
        ),
        submit=button(ATTACK, "v", ATTACK),
        note=ATTACK,
    )

    tags = Tags(html_forms.render_form(form, LIVE))

    assert not {"script", "b"} & {tag for tag, _ in tags.found}
    assert not [name for _, attributes in tags.found for name in attributes if name.startswith("on")]


def test_a_name_of_five_thousand_characters_is_cut_and_the_cut_is_said() -> None:
    long = card(line("PC " + "n" * 4997))

    for drawn in (plain.render(long, UTC), html.render(long, LIVE)):
        assert "[4,700 more characters]" in drawn
        assert "n" * 301 not in drawn


def test_reordering_characters_are_spelled_out() -> None:
    turned = card(line("\u202egnp.CP"))

    assert "[U+202E]gnp.CP" in plain.render(turned, UTC)
    assert "[U+202E]gnp.CP" in html.render(turned, LIVE)


def test_a_line_break_in_a_name_makes_no_new_line() -> None:
    assert len(plain.render(card(line("PC1\nApproved by Mara")), UTC).splitlines()) == 2


@pytest.mark.parametrize(
    ("style", "text"),
    [
        (MomentStyle.TIME, "22:30"),
        (MomentStyle.DAY, "Mon 16 Nov"),
        (MomentStyle.DAY_TIME, "Mon 16 Nov 22:30"),
    ],
)
def test_a_moment_is_told_by_the_clients_clock(style: MomentStyle, text: str) -> None:
    assert plain.sentence((moment(AT, style),), PRAGUE) == text


def test_a_moment_carries_its_machine_form_and_the_readers_clock_where_it_differs() -> None:
    drawing = html.Drawing(zone=PRAGUE, reader_zone=UTC)

    assert html.sentence((moment(AT, MomentStyle.TIME),), drawing) == (
        '<time datetime="2026-11-16T21:30:00+00:00" title="2026-11-16 22:30 CET">22:30</time> '
        '<span class="own-clock">(21:30 yours)</span>'
    )


def test_the_readers_clock_is_left_out_where_it_says_the_same() -> None:
    assert "yours" not in html.sentence((moment(AT),), html.Drawing(zone=PRAGUE, reader_zone=PRAGUE))


def test_the_last_day_of_the_calendar_is_drawn_too() -> None:
    last = card(line(moment(datetime.max.replace(tzinfo=UTC))))

    assert "31 Dec 23:59" in plain.render(last, PRAGUE)
    assert "31 Dec 23:59" in html.render(last, LIVE)


def test_an_unknown_language_is_told_in_english() -> None:
    assert "Mon 16 Nov" in plain.render(card(line(moment(AT))), UTC, locale="tlh")


def test_a_naive_moment_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="aware"):
        Moment(at=datetime(2026, 11, 16))  # noqa: DTZ001 - that is the point


def test_every_status_has_an_outline_and_a_word_of_its_own() -> None:
    signs = [html.status(Status(shape=shape, word="Word")) for shape in Shape]

    assert len(set(html.OUTLINES.values())) == len(Shape)
    assert len(set(plain.SIGNS.values())) == len(Shape)
    assert all("<span>Word</span>" in sign and 'aria-hidden="true"' in sign for sign in signs)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://example.com", "data:text/html,x", "https://[", ""]
)
def test_only_a_secure_web_address_becomes_a_link(url: str) -> None:
    assert "<a " not in html.render(card(Image(alt="A picture", url=url)), LIVE)
    assert "A picture" in html.render(card(Image(alt="A picture", url=url)), LIVE)


def test_a_script_in_our_svg_stays_inside_a_picture() -> None:
    drawn = html.render(card(Image(alt="x", svg="<svg><script>alert(1)</script></svg>")), LIVE)

    assert "<script" not in drawn
    assert 'src="data:image/svg+xml;base64,' in drawn


def test_each_button_posts_its_own_value_under_its_own_nonce() -> None:
    two = Card(
        push="p", title="t", key="k", buttons=(button("Approve", "a", "v.a"), button("Reject", "r", "v.r"))
    )

    inputs = [attributes for tag, attributes in Tags(html.render(two, LIVE)).found if tag == "input"]

    assert [(i["name"], i["value"]) for i in inputs] == [
        ("csrf", "t"), ("nonce", "n.0"), ("value", "v.a"),
        ("csrf", "t"), ("nonce", "n.1"), ("value", "v.r"),
    ]  # fmt: skip


def test_a_button_that_asks_first_has_its_question_before_the_post() -> None:
    asks = Card(push="p", title="t", key="k", buttons=(button("Stop", "s", "v", confirm="Really?"),))

    drawn = html.render(asks, LIVE)

    assert drawn.index("<summary") < drawn.index("Really?") < drawn.index("<button")
    assert "Yes: Stop" in drawn


def test_without_an_address_buttons_are_drawn_dead() -> None:
    shown = Card(push="p", title="t", key="k", buttons=(button("Stop", "s", "v"),))

    drawn = html.render(shown, html.Drawing())

    assert "disabled" in drawn
    assert "<form" not in drawn


def test_numbers_of_a_progress_stand_in_words_even_when_they_are_nonsense() -> None:
    odd = card(Progress(done=7, total=-1, label="PCs"))

    assert "7 of -1 PCs" in plain.render(odd, UTC)
    assert "7 of -1 PCs" in html.render(odd, LIVE)


def test_rows_that_are_not_drawn_are_counted() -> None:
    many = Card(
        push="p",
        title="t",
        key="k",
        phone=False,
        body=(Table(columns=("Device",), rows=tuple(((f"PC{n}",),) for n in range(60))),),
    )

    assert "and 10 more rows" in plain.render(many, UTC)
    assert "and 10 more rows" in html.render(many, LIVE)
