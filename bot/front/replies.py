"""From what a handler answered to what the person sees: a card, a details card, or a form."""

from __future__ import annotations

from bot.core.answers import AskChanges, AskReason, CardWanted, DetailsWanted, Reply
from bot.core.buttons import ButtonValue, write
from bot.core.directory import Directory
from bot.runner.phase_views import asks_for_phase, not_yet_reasons
from bot.runner.services import Services
from bot.runner.views import details, draw, gate_view
from bot.surfaces.port import Answer
from cards.answers import answer_card
from cards.changing import change_choices, change_form, sent_back
from cards.forms import returned, validate
from cards.model import Card, Form
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
        if isinstance(reply, AskChanges):
            return await self._services.in_worker(self._changes, reply, sent)
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

    def _changes(self, asked: AskChanges, sent: tuple[tuple[str, str], ...]) -> Answer:
        directory: Directory = self._services.office.directory()
        with self._services.office.store.read(asked.tenant) as uow:
            view = gate_view(self._services, uow, asked.tenant, directory, asked.gate)
        if not asked.in_form:
            return change_choices(view, asked.person)
        form = change_form(view)
        return sent_back(form, sent, asked.faults) if asked.faults else form

    def _reasons(self, asked: AskReason, sent: tuple[tuple[str, str], ...]) -> Answer:
        directory: Directory = self._services.office.directory()
        tenant = asked.tenant
        with self._services.office.store.read(tenant) as uow:
            if asks_for_phase(uow, asked.gate):
                why = not_yet_reasons(
                    self._services, uow, tenant, directory, asked.gate, in_words=asked.in_words
                )
                return returned(why, sent, validate(why, sent)) if isinstance(why, Form) and sent else why
            view = gate_view(self._services, uow, tenant, directory, asked.gate)
        if not asked.in_words:
            return reject_choices(view)
        form = reject_form(view)
        return returned(form, sent, validate(form, sent)) if sent else form
