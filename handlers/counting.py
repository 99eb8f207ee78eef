"""What was counted at all tenants, added up: numbers without names, for the operator's monitoring."""

from __future__ import annotations

from collections import Counter

from bot.core.ports import KeyState
from handlers.office import Office


def count_all(office: Office) -> dict[str, int]:
    """Counter -> how often in the whole house; a suspended client's counts are left out."""
    total: Counter[str] = Counter()
    for tenant in office.store.tenants():
        if office.store.key_state(tenant) is KeyState.PRESENT:
            with office.store.read(tenant) as uow:
                total.update(uow.counters())
    return dict(total)
