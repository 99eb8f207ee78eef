"""Reads what was filled into a Slack modal: `view.state`, which is anybody's JSON until it is read here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cards.blockkit_forms import ACTION, INPUT_CHARACTERS, MENU_OPTIONS, NAME_CHARACTERS
from cards.blockkit_text import LAST_SECOND
from cards.limits import FORM_FIELDS

Pairs = tuple[tuple[str, str], ...]


def read_state(names: Iterable[str] | None, state: Any) -> Pairs:
    """Return names and values as typed or chosen, in the order submitted; a name repeats for many choices.

    `state` is `view["state"]`; the answer is limited to these names, None for all. Whatever is not of the
    shape that our own modals have is left out; nothing is raised. A field that was left empty is not there.
    """
    values = _of(_of(state, "values"))
    wanted = None if names is None else set(names)
    asked = [name for name in values if _is_name(name) and (wanted is None or name in wanted)][:FORM_FIELDS]
    return tuple((name, value) for name in asked for value in _answers(_of(_of(values[name]), ACTION)))


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and 0 < len(name) <= NAME_CHARACTERS and name == _whole(name)


def _of(thing: Any, key: str | None = None) -> Any:
    """The thing, or what stands under the key, as an object; an empty one where there is none."""
    found = thing.get(key) if key is not None and isinstance(thing, dict) else thing
    return found if isinstance(found, dict) else {}


def _answers(given: Any) -> Iterator[str]:
    """Every answer of one input: words, one choice, several, or a moment in seconds since 1970."""
    chosen = given.get("selected_options")
    found: list[Any] = [given.get("value"), _of(given, "selected_option").get("value")]
    found += [_of(one).get("value") for one in chosen[:MENU_OPTIONS]] if isinstance(chosen, list) else []
    yield from (_whole(one[:INPUT_CHARACTERS]) for one in found if isinstance(one, str))
    seconds = given.get("selected_date_time")
    if isinstance(seconds, int) and not isinstance(seconds, bool) and 0 <= seconds <= LAST_SECOND:
        yield str(seconds)


def _whole(text: str) -> str:
    """The text as it can be stored: JSON can carry half a character, UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()
