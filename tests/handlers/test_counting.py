"""Counts of all tenants are added up, and say no tenant's name."""

from __future__ import annotations

from bot.core.envelope import HOUSE
from handlers.counting import count_all
from tests.handlers.desk import Desk


def test_counts_of_all_tenants_are_added_up_without_their_names(desk: Desk) -> None:
    for tenant, by in ((HOUSE, 1), ("contoso", 2)):
        with desk.office.store.begin(tenant) as uow:
            uow.bump("refused", by)
            uow.commit()

    counted = count_all(desk.office)

    assert counted["refused"] == 3
    assert "contoso" not in " ".join(counted)
