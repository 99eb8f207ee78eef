"""The page `/cards`: every example card and form at phone width, with buttons that do nothing."""

from __future__ import annotations

from collections.abc import Mapping

from bot.surfaces.console.pages import document, header
from bot.surfaces.port import Answer
from cards.html import Drawing, render, safe
from cards.html_forms import render_form
from cards.model import Card


def preview_page(examples: Mapping[str, Answer]) -> str:
    """Draw the catalogue in its own order."""
    drawn = "\n".join(
        f'<section class="preview" aria-label="{safe(name)}"><p class="name"><code>{safe(name)}</code></p>'
        f"{_drawn(example, f'example-{place}')}</section>"
        for place, (name, example) in enumerate(examples.items())
    )
    main = f'<main id="main" tabindex="-1"><h1>Cards</h1><div class="previews">{drawn}</div></main>'
    return document("Cards", header(None), main)


def _drawn(example: Answer, element_id: str) -> str:
    drawing = Drawing(element_id=element_id, heading_level=2)
    if isinstance(example, Card):
        return f'<p class="push">Lock screen: {safe(example.push)}</p>{render(example, drawing)}'
    return render_form(example, drawing)
