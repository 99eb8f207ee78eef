"""Verbs that only look: which tenants of a data directory they look at, without taking its lock."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from bot.core.errors import Refused
from store.files import tenant_names


def chosen_tenants(data_dir: Path, wanted: str | None) -> list[str]:
    """All tenants, or the one that was named; a sentence when there is none of that name."""
    names = tenant_names(data_dir)
    if not names:
        raise Refused(f"There is no store in {data_dir}. Make one: python -m bot init", rule="no-store")
    if wanted is None:
        return names
    if wanted in names:
        return [wanted]
    near = get_close_matches(wanted.lower(), names, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(names)}."
    raise Refused(f"There is no tenant {wanted!r} in {data_dir}. {hint}", rule="unknown-tenant")
