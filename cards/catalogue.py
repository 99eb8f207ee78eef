"""Every example card and form, by name: read by the preview page, the golden files and the limits tests.

One more card file: export `EXAMPLES` (and `FORM_EXAMPLES`) there and add one line here.
"""

from __future__ import annotations

from collections.abc import Mapping

from cards import (
    answer_examples,
    gate_examples,
    notice_examples,
    phase_examples,
    rollout_examples,
    routine_examples,
    specimen,
)
from cards.model import Card, Form

CARDS: tuple[tuple[str, Mapping[str, Card]], ...] = (
    ("specimen", specimen.EXAMPLES),
    ("gate", gate_examples.EXAMPLES),
    ("rollout", rollout_examples.ROLLOUTS),
    ("page", rollout_examples.PAGES),
    ("notice", notice_examples.EXAMPLES),
    ("recommendation", rollout_examples.RECOMMENDATIONS),
    ("routine", routine_examples.EXAMPLES),
    ("phase", phase_examples.EXAMPLES),
    ("answer", answer_examples.EXAMPLES),
)
FORMS: tuple[tuple[str, Mapping[str, Form]], ...] = (
    ("specimen", specimen.FORM_EXAMPLES),
    ("gate", gate_examples.FORM_EXAMPLES),
    ("phase", phase_examples.FORM_EXAMPLES),
)


def card_examples() -> dict[str, Card]:
    """All example cards under `file-name`."""
    return {f"{file}-{name}": card for file, examples in CARDS for name, card in examples.items()}


def form_examples() -> dict[str, Form]:
    """All example forms under `file-name`."""
    return {f"{file}-{name}": form for file, examples in FORMS for name, form in examples.items()}


def all_examples() -> dict[str, Card | Form]:
    """Both, cards first."""
    return {**card_examples(), **form_examples()}
