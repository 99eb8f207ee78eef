"""The record goes away between a commit and its answer: nobody is told that nothing was done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.core.directory import BindConversation, Conversation, Identity, LinkIdentity
from bot.core.envelope import BOT, HOUSE, Proof
from bot.core.vocabulary import Message
from bot.front.carrying import Carrier
from bot.front.chat_desk import HouseDesk
from bot.surfaces.port import ChatClicked, ChatSaid, Outcome, Place, Sender
from cards.model import Card
from handlers.chat import PlanWanted
from store.errors import StoreUnavailable
from tests.bot.runner.runner_bench import Bench, open_bench

CHANNEL = "slack:T1:C1"
DANAS = Identity(surface="slack", realm="T1", user="U1")


class GoesAway:
    """A store that cannot be read any more, or only so often, once a vote is committed."""

    def __init__(self, store: Any, reads_left: int) -> None:
        self._store = store
        self._reads_left = reads_left
        self.committed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def begin(self, tenant: str) -> Iterator[Any]:
        with self._store.begin(tenant) as uow:
            yield uow
        self.committed = self.committed or tenant == "contoso"

    @contextmanager
    def read(self, tenant: str) -> Iterator[Any]:
        if self.committed and not self._reads_left:
            raise StoreUnavailable("contoso.db: disk I/O error; it could not be read.")
        self._reads_left -= self.committed
        with self._store.read(tenant) as uow:
            yield uow


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A question is open at Contoso, whose channel in Slack Dana writes in."""
    async with open_bench(tmp_path) as made:
        house(made, LinkIdentity(person="dana", identity=DANAS))
        channel = Conversation(id=CHANNEL, surface="slack", kind="client", title="ops", tenants=("contoso",))
        house(made, BindConversation(conversation=channel))
        made.plan(["d1"])
        yield made


def house(bench: Bench, message: Message) -> None:
    bench.office.transact(bench.office.frame(HOUSE, BOT), message)


def desk(bench: Bench, reads_left: int) -> HouseDesk:
    def no_planner(wanted: PlanWanted) -> Any:
        raise AssertionError("nothing is planned here")

    bench.office.store = GoesAway(bench.office.store, reads_left)
    return HouseDesk(bench.app.services, Carrier(bench.app.services, no_planner, lambda: None))


def words(outcome: Outcome) -> str:
    assert isinstance(outcome.answer, Card)
    return outcome.answer.title + str(msgspec.to_builtins(outcome.answer.body))


@pytest.mark.parametrize("reads_left", range(6))
async def test_a_vote_that_was_committed_is_never_answered_with_nothing_was_done(
    bench: Bench, reads_left: int
) -> None:
    clicked = ChatClicked(
        sender=Sender(identity=DANAS),
        place=Place(conversation=CHANNEL),
        proof=Proof.SLACK_SIGNATURE,
        message_id="C1:1",
        value=bench.made_button("approve"),
        delivery_id="d1",
        received_at=bench.clock.now(),
    )

    outcome = await desk(bench, reads_left).click(clicked)

    assert len(bench.facts("gate.vote_counted")) == 1
    assert "nothing was done" not in words(outcome).lower()


@pytest.mark.parametrize("reads_left", range(6))
async def test_words_that_were_committed_are_never_answered_with_nothing_was_done(
    bench: Bench, reads_left: int
) -> None:
    said = ChatSaid(
        sender=Sender(identity=DANAS),
        place=Place(conversation=CHANNEL),
        proof=Proof.SLACK_SIGNATURE,
        text="stop",
        delivery_id="d1",
        received_at=bench.clock.now(),
    )

    outcome = await desk(bench, reads_left).say(said)

    assert len(bench.facts("tenant.stopped")) == 1
    assert "nothing was done" not in words(outcome).lower()
