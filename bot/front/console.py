"""The console's web application, put together from the program's parts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Final

from aiohttp import web

from bot.core.directory import NoteForeignPost
from bot.core.envelope import HOUSE, Actor
from bot.core.errors import Refused
from bot.front.backend import Backend
from bot.runner.services import Services
from bot.surfaces.console.ports import ForeignPost
from bot.surfaces.console.site import console_app
from cards.catalogue import all_examples

TOKEN_BYTES: Final = 16
"""128 bits: beyond guessing."""


def build_console(
    services: Services, backend: Backend, session_key: bytes, random_bytes: Callable[[int], bytes]
) -> web.Application:
    """The page on the console's own port."""

    async def recorded(foreign: ForeignPost) -> None:
        await services.in_worker(_record, services, foreign)

    return console_app(
        backend=backend,
        session_key=session_key,
        now=services.now,
        new_token=lambda: random_bytes(TOKEN_BYTES).hex(),
        recorded_refusal=recorded,
        metrics=lambda: metrics(services),
        examples=all_examples(),
    )


def _record(services: Services, foreign: ForeignPost) -> None:
    """Counted always; written down as a refusal when it came with a known person's session."""
    office = services.office
    with office.store.begin(HOUSE) as uow:
        uow.bump(f"foreign-post:{foreign.rule}")
        uow.commit()
    actor = Actor(kind="person" if foreign.person_id else "stranger", id=foreign.person_id or "unknown")
    message = NoteForeignPost(rule=foreign.rule, method=foreign.method, path=foreign.path, said=foreign.said)
    with contextlib.suppress(Refused):
        office.transact(office.frame(HOUSE, actor, received_at=foreign.at), message)


def metrics(services: Services) -> str:
    """Counts over all clients, without any client's name, in Prometheus text form."""
    lines = ["# TYPE ringmaster_events_total counter"]
    lines += [
        f'ringmaster_events_total{{what="{_label(what)}"}} {number}'
        for what, number in sorted(services.counters.items())
    ]
    lines += [
        "# TYPE ringmaster_effects_retried_total counter",
        f"ringmaster_effects_retried_total {services.retried}",
        "# TYPE ringmaster_effects_parked_total counter",
        f"ringmaster_effects_parked_total {services.parked}",
    ]
    return "\n".join(lines) + "\n"


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
