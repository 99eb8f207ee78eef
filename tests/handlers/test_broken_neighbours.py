"""One thing whose record is broken keeps no other thing of its client from its time."""

from __future__ import annotations

from bot.core.gates import GateStatus
from bot.core.ports import Aggregate, Copy
from tests.handlers.desk import Desk


def test_a_broken_thing_that_is_due_does_not_keep_others_from_expiring(desk: Desk) -> None:
    gate = desk.plan()
    with desk.store.begin("contoso") as uow:
        uow.put(
            Aggregate(kind="gate", id="broken", version=1, status="open", next_due=desk.at, document=b"{}")
        )
        uow.commit()

    desk.wait(hours=9)

    assert desk.gate(gate).status == GateStatus.EXPIRED


def test_a_vote_names_no_copy_of_another_card(desk: Desk) -> None:
    gate = desk.plan()
    with desk.store.begin("contoso") as uow:
        uow.put_copy(
            Copy(
                card="gate:other",
                conversation="contoso",
                surface="console",
                message_id="m-9",
                version=1,
                digest="d" * 64,
            )
        )
        uow.commit()

    desk.click("dana", "approve", gate, message="m-9")

    assert [vote.card_digest for vote in desk.gate(gate).votes] == [""]
