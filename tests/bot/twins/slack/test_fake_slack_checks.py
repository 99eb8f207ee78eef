"""The checks alone: whatever a sender sends, the answer is a word of Slack's and never a crash."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block as SdkBlock

from bot.twins.slack.answers import SlackError
from bot.twins.slack.checks import BLOCKS, check_message, check_view
from bot.twins.slack.elements import ELEMENTS, IN_ACTIONS, IN_INPUT
from bot.twins.slack.escaping import escaped, escaped_again, typed
from tests.bot.twins.slack.slack_house import Block, buttons, section, text_field, view

NAMES = [
    *("type", "text", "elements", "element", "accessory", "fields", "label", "options", "option_groups"),
    *("rows", "value", "style", "confirm", "title", "block_id", "action_id", "initial_option", "blocks"),
    *("image_url", "placeholder", "max_length", "timestamp"),
]
KINDS = [*BLOCKS, *ELEMENTS, "mrkdwn", "plain_text", "rich_text_section", "rich_text_list", "text", "modal"]
leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(KINDS)
wild = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=25,
)


@given(blocks=wild | st.lists(st.dictionaries(st.sampled_from(NAMES), wild, max_size=5), max_size=3))
def test_wild_blocks_never_crash_the_checks(blocks: Any) -> None:
    with contextlib.suppress(SlackError):
        check_message(blocks, "text")


@given(body=wild)
def test_wild_views_never_crash_the_checks(body: Any) -> None:
    with contextlib.suppress(SlackError):
        check_view(body)


GOOD: tuple[Block, ...] = (
    section("words"),
    {"type": "section", "fields": [{"type": "mrkdwn", "text": "a"}, {"type": "plain_text", "text": "b"}]},
    {"type": "header", "text": {"type": "plain_text", "text": "A header", "emoji": True}},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]},
    {"type": "divider"},
    {"type": "image", "image_url": "https://example.org/a.png", "alt_text": "a plot"},
    {"type": "markdown", "text": "**bold**"},
    buttons("Approve", "Reject"),
    text_field("reason"),
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "until ", "style": {"bold": True}},
                    {"type": "date", "timestamp": 1_794_816_000, "format": "{time}", "fallback": "08:00"},
                    {"type": "user", "user_id": "U0DANA0001"},
                ],
            },
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}],
            },
        ],
    },
    {
        "type": "table",
        "rows": [[{"type": "raw_text", "text": "a"}, {"type": "raw_text", "text": "b"}]],
    },
)


@pytest.mark.parametrize("block", GOOD, ids=lambda block: block["type"])
def test_what_the_sdk_takes_is_taken(block: Block) -> None:
    parsed = SdkBlock.parse(block)
    if parsed is not None:
        parsed.validate_json()

    assert check_message([block], "text") == (block,)


def test_every_known_element_has_a_place() -> None:
    assert set(ELEMENTS) == set(IN_ACTIONS) | set(IN_INPUT)


def test_fields_of_a_modal_may_share_an_action_id_across_blocks() -> None:
    assert check_view(view(text_field("reason"), text_field("more")))["type"] == "modal"


@given(text=st.text())
def test_escaping_again_changes_nothing_that_was_escaped(text: str) -> None:
    assert escaped_again(escaped(text)) == escaped(text)


@pytest.mark.parametrize(
    ("words", "sent"),
    [
        ("@dana and @danah", "<@U1> and @danah"),
        ("mail a@dana", "mail a@dana"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("see https://example.org/a?b=1&c=2", "see <https://example.org/a?b=1&amp;c=2>"),
    ],
)
def test_what_a_person_types_is_escaped_and_names_become_mentions(words: str, sent: str) -> None:
    assert typed(words, {"dana": "U1"}) == sent
