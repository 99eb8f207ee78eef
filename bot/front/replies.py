"""From what a handler answered to what the person sees: a card, a details card, or a form."""

from __future__ import annotations

from bot.core.answers import AskReason, CardWanted, DetailsWanted, Reply
from bot.core.buttons import ButtonValue, write
from bot.core.directory import Directory
from bot.runner.services import Services
from bot.runner.views import details, draw, gate_view
from bot.surfaces.port import Answer
from cards.answers import answer_card
from cards.forms import returned, validate
from cards.model import Card
from cards.rejecting import reject_choices, reject_form


class Replies:
    """Draws answers; a details card is drawn from committed state like any other card."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def answer(self, reply: Reply, zone: str, sent: tuple[tuple[str, str], ...] = ()) -> Answer | None:
        """What the person sees, for their eyes only; `sent` is what a form came with."""
        if isinstance(reply, DetailsWanted):
            return await self._services.in_worker(self._details, reply)
        if isinstance(reply, CardWanted):
            return await self._services.in_worker(self._card, reply)
        if isinstance(reply, AskReason):
            return await self._services.in_worker(self._reasons, reply, sent)
        return answer_card(reply, now=self._services.now(), zone=zone, buttons=self._button)

    def _button(self, value: ButtonValue) -> str:
        return write(value, self._services.office.button_key(value.tenant))

    def _details(self, wanted: DetailsWanted) -> Card | None:
        directory = self._services.office.directory()
        with self._services.office.store.read(wanted.tenant) as uow:
            return details(self._services, uow, wanted.tenant, directory, wanted.kind, wanted.id)

    def _card(self, wanted: CardWanted) -> Card | None:
        directory = self._services.office.directory()
        with self._services.office.store.read(wanted.tenant) as uow:
            drawn = draw(self._services, uow, wanted.tenant, directory, wanted.kind, wanted.id)
        return drawn.card if drawn else None

    def _reasons(self, asked: AskReason, sent: tuple[tuple[str, str], ...]) -> Answer:
        directory: Directory = self._services.office.directory()
        tenant = asked.tenant
        with self._services.office.store.read(tenant) as uow:
            view = gate_view(self._services, uow, tenant, directory, asked.gate)
        if not asked.in_words:
            return reject_choices(view)
        form = reject_form(view)
        return returned(form, sent, validate(form, sent)) if sent else form
