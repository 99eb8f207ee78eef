"""The canonical form is that of RFC 8785 on every value we hash."""

from __future__ import annotations

import hashlib
import string
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from bot.core.value import canonical, digest
from tests.builders import offer

SAFE = 2**53 - 1
"""RFC 8785 knows numbers as IEEE doubles; whole numbers beyond this have no one spelling."""
keys = st.text(string.printable, max_size=8)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE, SAFE) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_canonical_bytes_are_those_of_rfc_8785(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_an_offer_has_the_canonical_bytes_of_its_plain_form() -> None:
    plain = msgspec.json.decode(msgspec.json.encode(offer()))
    assert canonical(offer()) == rfc8785.dumps(plain)
    assert offer().digest() == hashlib.sha256(rfc8785.dumps(plain)).hexdigest()


def test_the_digest_follows_the_value_not_the_order_in_which_it_was_built() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert offer(("d1",)).digest() != offer(("d2",)).digest()


def test_a_value_cannot_be_changed_and_takes_no_unknown_field() -> None:
    with pytest.raises(AttributeError):
        offer().title = "other"
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert(msgspec.to_builtins(offer()) | {"colour": "red"}, type(offer()))


def test_an_offer_knows_its_devices_by_ring_and_by_name_and_no_other() -> None:
    plan = offer(("d1",), ("d2", "d3"))
    assert [target.device_id for target in plan.devices(1)] == ["d2", "d3"]
    assert plan.target("d9") is None
