"""Golden files: what a renderer drew once and must go on drawing.

`RINGMASTER_GOLDEN=write pytest tests/cards` writes them anew; read the difference before it is committed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[1] / "golden" / "cards"

Golden = Callable[[str, str, str], None]


@pytest.fixture
def golden() -> Golden:
    """Compare a text with `tests/golden/cards/<renderer>/<file>`."""

    def compare(renderer: str, file: str, drawn: str) -> None:
        path = GOLDEN / renderer / file
        if os.environ.get("RINGMASTER_GOLDEN") == "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(drawn + "\n", encoding="utf-8")
        assert path.exists(), f"no golden file {path.name}: run once with RINGMASTER_GOLDEN=write and read it"
        assert drawn + "\n" == path.read_text(encoding="utf-8")

    return compare
