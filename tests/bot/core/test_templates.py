"""A template is read whole, or every mistake in it is named with where it stands."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.templates import MAX_PREREQUISITES, CriterionKind, Weight, parse_template

SHIPPED = Path(__file__).parents[3] / "manifest" / "templates" / "phases"
ROLES = ("lead", "technician")


def raw() -> dict[str, Any]:
    """One phase that needs one word and one rollout."""
    return {
        "title": "move",
        "phases": [
            {
                "name": "plan",
                "if_go": ["nothing is moved yet."],
                "prerequisites": [
                    {"id": "list", "text": "List", "weight": "must", "kind": "attested", "owner": "lead"},
                    {
                        "id": "patched",
                        "text": "PCs patched",
                        "weight": "should",
                        "kind": "rollout-completed",
                        "owner": "technician",
                        "update": "5041160",
                    },
                ],
            }
        ],
    }


def mistakes(change: Callable[[dict[str, Any]], object], name: str = "move") -> tuple[str, ...]:
    """What is said of a template with this change."""
    wild = copy.deepcopy(raw())
    change(wild)
    template, found = parse_template(name, wild, ROLES)
    assert (template is None) == bool(found)
    return found


def first(wild: dict[str, Any]) -> dict[str, Any]:
    criterion: dict[str, Any] = wild["phases"][0]["prerequisites"][0]
    return criterion


def second(wild: dict[str, Any]) -> dict[str, Any]:
    criterion: dict[str, Any] = wild["phases"][0]["prerequisites"][1]
    return criterion


def test_a_sound_template_is_read_whole() -> None:
    template, found = parse_template("move", raw(), ROLES)

    assert found == ()
    assert template is not None
    one, two = template.phases[0].prerequisites
    assert (one.weight, one.kind, one.owner) == (Weight.MUST, CriterionKind.ATTESTED, "lead")
    assert two.update == "KB5041160", "an update is written as it is spoken of everywhere"


def test_every_shipped_template_is_sound() -> None:
    files = sorted(SHIPPED.glob("*.toml"))

    assert files
    for file in files:
        parsed = tomllib.loads(file.read_text(encoding="utf-8"))
        assert parse_template(file.stem, parsed, ROLES)[1] == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.pop("title"), "title: missing"),
        (lambda t: t.update(title=7), "title: words"),
        (lambda t: t.update(title=""), "title: 1 to 40 characters"),
        (lambda t: t.update(colour="red"), "colour: unknown; one of title, phases"),
        (lambda t: t.update(phases=[]), "phases: 1 to 9"),
        (lambda t: t.update(phases="plan"), "phases: a table of keys"),
        (lambda t: t["phases"][0].pop("name"), "phases[1].name: missing"),
        (lambda t: t["phases"][0].update(name="Plan A"), "phases[1].name: one word of small letters"),
        (lambda t: t["phases"][0].update(owner="x"), "phases[1].owner: unknown; one of"),
        (lambda t: t["phases"][0].update(if_go=["a"] * 3), "phases[1].if_go: at most 2 lines"),
        (lambda t: t["phases"][0].update(if_go=["x" * 101]), "phases[1].if_go: at most 2 lines"),
        (lambda t: t["phases"][0].update(prerequisites=[]), "phases[1].prerequisites: 1 to"),
        (
            lambda t: t["phases"][0].update(
                prerequisites=[{**first(t), "id": f"i{n}"} for n in range(MAX_PREREQUISITES + 1)]
            ),
            f"phases[1].prerequisites: 1 to {MAX_PREREQUISITES}",
        ),
        (lambda t: first(t).update(weight="should"), "phases[1].prerequisites: at least one must"),
        (lambda t: first(t).update(weight="maybe"), "phases[1].prerequisites[1].weight: Invalid enum value"),
        (lambda t: first(t).update(kind="felt"), "phases[1].prerequisites[1].kind: Invalid enum value"),
        (lambda t: first(t).pop("owner"), "phases[1].prerequisites[1].owner: missing"),
        (lambda t: first(t).update(owner="boss"), "prerequisites[1].owner: one of lead, technician"),
        (lambda t: first(t).update(id="two words"), "prerequisites[1].id: one word"),
        (lambda t: first(t).update(text=""), "prerequisites[1].text: 1 to 60 characters"),
        (lambda t: first(t).update(max_age_days=-1), "prerequisites[1].max_age_days: 0 (never old) to"),
        (lambda t: first(t).update(max_age_days="7"), "prerequisites[1].max_age_days: Expected `int`"),
        (lambda t: first(t).update(update="2026-11"), "prerequisites[1].update: only of kind rollout"),
        (lambda t: first(t).update(held_counts=True), "prerequisites[1].held_counts: only of kind rollout"),
        (lambda t: second(t).update(update="soon"), "prerequisites[2].update: a KB, a CVE or a month"),
        (lambda t: second(t).pop("update"), "prerequisites[2].update: a KB, a CVE or a month"),
        (lambda t: second(t).update(id="list"), "prerequisites: two have the id list"),
        (lambda t: t["phases"].append(t["phases"][0]), "phases: two are called plan"),
    ],
)
def test_each_mistake_is_named_with_where_it_stands(
    change: Callable[[dict[str, Any]], object], said: str
) -> None:
    assert any(mistake.startswith(said) or said in mistake for mistake in mistakes(change))


def test_all_mistakes_are_named_at_once() -> None:
    def change(wild: dict[str, Any]) -> None:
        first(wild).update(owner="boss")
        second(wild).update(update="soon")
        wild["title"] = "x" * 41

    assert len(mistakes(change)) == 3


def test_a_file_is_named_in_one_word() -> None:
    assert mistakes(lambda t: None, name="Mail Migration") == (
        "Mail Migration: one word of small letters, digits and hyphens for the file's name",
    )


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("title", "phases", "name", "prerequisites", "id", "weight", "if_go", "x")),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(WILD)
def test_wild_data_gives_a_template_or_mistakes_and_never_a_fault(wild: Any) -> None:
    template, found = parse_template("move", wild, ROLES)

    assert (template is None) == bool(found)
