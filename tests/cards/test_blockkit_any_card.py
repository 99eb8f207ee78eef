"""Any card there can be, hostile text included, is a message that Slack takes."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from cards import blockkit
from cards.model import (
    Button,
    Card,
    Divider,
    Emphasis,
    Image,
    Moment,
    MomentStyle,
    Progress,
    Shape,
    Status,
    Table,
    Text,
    button,
    code,
    context,
    facts,
    strong,
)
from tests.cards.blockkit_rules import check_message, read_aloud

PRAGUE = ZoneInfo("Europe/Prague")
MARKUP = "<!channel> <@U0EVIL> *b* _i_ ~s~ `c` <https://evil.example|here> & :fire: #general"
HOSTILE = st.sampled_from(
    (MARKUP, "", " ", "\n", "x" * 5000, "\u202e" * 400, "\ud800", "𝕏" * 300, "漢" * 300, '"\\' * 150, "&amp;")
)
WORDS = st.one_of(HOSTILE, st.text(max_size=40), st.text(st.characters(), max_size=20))
MOMENTS = st.builds(Moment, at=st.datetimes(timezones=st.just(UTC)), style=st.sampled_from(MomentStyle))
SPANS = st.lists(st.one_of(WORDS, st.builds(strong, WORDS), st.builds(code, WORDS), MOMENTS), max_size=4).map(
    tuple
)
ELEMENTS = st.one_of(
    st.builds(Text, text=SPANS, emphasis=st.sampled_from(Emphasis)),
    st.builds(lambda spans: context(*spans), SPANS),
    st.builds(lambda pairs: facts(*pairs), st.lists(st.tuples(WORDS, SPANS), max_size=8)),
    st.builds(
        Table,
        columns=st.lists(WORDS, max_size=4).map(tuple),
        rows=st.lists(st.lists(SPANS, max_size=4).map(tuple), max_size=4).map(tuple),
    ),
    st.builds(Progress, done=st.integers() | st.just(10**5000), total=st.integers(), label=WORDS),
    st.builds(
        Image,
        alt=WORDS,
        url=WORDS | st.sampled_from(("https://a.example/b.png", "https://a.example/")),
        svg=WORDS,
    ),
    st.just(Divider()),
)
BUTTONS = st.builds(
    button, WORDS, WORDS, WORDS | st.just("v" * 2000), style=st.sampled_from(("primary", "danger", "plain")),
    confirm=st.none() | WORDS,
)  # fmt: skip
CARDS = st.builds(
    Card,
    push=WORDS,
    title=WORDS,
    body=st.lists(ELEMENTS, max_size=12).flatmap(
        lambda some: st.sampled_from((1, 1, 9)).map(lambda times: tuple(some * times))
    ),
    buttons=st.lists(BUTTONS, max_size=12).map(tuple),
    key=WORDS,
    mention=st.lists(WORDS, max_size=12).map(tuple),
    status=st.none() | st.builds(Status, shape=st.sampled_from(Shape), word=WORDS),
    typed=WORDS,
    phone=st.booleans(),
)


def labels(drawn: list[dict[str, Any]], buttons: tuple[Button, ...]) -> int:
    """How many of the buttons are drawn or named as left out."""
    shown = sum(len(block["elements"]) for block in drawn if block["type"] == "actions")
    left_out = [text for text in read_aloud(drawn).split("\n") if "more buttons do not fit here" in text]
    return shown + sum(int(text.split()[1]) for text in left_out[-1:] if shown < len(buttons))


@settings(max_examples=300, deadline=None)
@given(CARDS)
def test_any_card_keeps_the_rules_of_slack(any_card: Card) -> None:
    message = blockkit.render(any_card, PRAGUE, lambda person: f"<@U{len(person)}>")
    drawn = list(message.blocks)

    assert message.text
    assert not set(message.text) & set("<>")
    check_message(drawn)

    mrkdwn = [block["text"]["text"] for block in drawn if block.get("text", {}).get("type") == "mrkdwn"]
    assert len(mrkdwn) <= 1
    assert all(set(text) <= set("For and more<@U>, 0123456789") for text in mrkdwn)
    assert labels(drawn, any_card.buttons) == len(any_card.buttons)
    assert drawn[0]["type"] == "header"
    assert not any_card.typed.strip() or "Or type: " in read_aloud(drawn[-2:])
