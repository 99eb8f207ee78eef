"""A client whose key was destroyed is no more; everybody else goes on as before."""

from __future__ import annotations

from tests.bot.safety.workshop import Workshop


async def test_a_destroyed_key_leaves_no_outbox_that_cannot_be_reached(workshop: Workshop) -> None:
    """Readiness counts an unreachable outbox as trouble: it would never end."""
    workshop.desk.store.destroy_key("quagga", now=workshop.desk.at)
    gate = workshop.desk.plan()

    await workshop.drain()

    assert workshop.runner.unreadable == frozenset()
    assert ("contoso", f"contoso:gate:{gate.id}") in workshop.screen.shown
