"""Counting brackets without reading the document, held against really reading it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.edge.body import too_deep

words = st.text(alphabet='[]{}"\\a', max_size=6)
documents = st.recursive(
    st.none() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=12,
)


def depth(value: Any) -> int:
    """How many brackets stand around the innermost place."""
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(document=documents, nesting=st.integers(0, 6))
def test_a_document_is_too_deep_exactly_when_its_brackets_are(document: Any, nesting: int) -> None:
    assert too_deep(json.dumps(document).encode(), nesting) == (depth(document) > nesting)


@given(st.binary(max_size=200))
def test_any_bytes_get_an_answer(body: bytes) -> None:
    assert too_deep(body, 64) in (True, False)
