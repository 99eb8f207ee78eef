"""The whole surface against the strict fake: real HTTP both ways, its tokens, its limits, its verdicts."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from bot.clock import SystemClock
from bot.core.errors import OutsideBusy, OutsideGone, OutsideUnclear
from bot.surfaces.port import Contact, Delivered, Outcome, Surface
from bot.surfaces.teams.app import TeamsApp
from bot.surfaces.teams.config import TeamsConfig
from bot.twins.teams.driver import TeamsDriver, driving
from bot.twins.teams.faults import Fault
from bot.twins.teams.keys import PROOFS
from bot.twins.teams.orders import Address, NewChat, NewPerson, NewTeam, Seen, Setup
from bot.twins.teams.server import serving
from bot.twins.teams.service import Teams, TeamsOptions
from cards.model import Card, Form, TextField, answer, button, line
from tests.bot.surfaces.teams.teams_stubs import SENTENCE, Book, Desk, Moment, identity

CHANNEL = "Contoso/patching"
GATE = Card(
    push="7K2 Approve? Contoso 84 PCs",
    title="Approve? Contoso: 84 PCs",
    body=(line("Tonight 22:30: 3 test PCs."),),
    buttons=(
        button("Approve", "approve", "v1.c.g.approve.o.m"),
        button("Reject", "reject", "v1.c.g.reject.o.m"),
    ),
    key="gate1",
    typed="approve 7K2",
)
DONE = Card(
    push="7K2 approved", title="Approved by Dana", key="gate1", buttons=(button("Stop", "stop", "v1.s"),)
)
FORM = Form(
    title="Why not?",
    fields=(TextField(name="reason", label="Reason"),),
    submit=button("Send", "reject", "v1.c.g.reject.o.m"),
)
FOREIGN = "00000000-0000-4000-8000-0000000f0e16"
PEOPLE = Setup(
    people=[
        NewPerson(name="dana", display="Dana Lead"),
        NewPerson(name="eve", display="Eve Night"),
        NewPerson(name="gus", guest=True, installed=False),
        NewPerson(name="fay", tenant_id=FOREIGN, installed=False),
    ],
    teams=[NewTeam(name="Contoso", channels=["patching"], members=["dana", "eve", "gus", "fay"])],
    chats=[NewChat(name="war-room", members=["dana", "eve"])],
)


class Street:
    """The fake, the bot, and what the bot's desk heard."""

    def __init__(self, driver: TeamsDriver, app: TeamsApp, desk: Desk, book: Book, moment: Moment) -> None:
        self.driver, self.app, self.desk, self.book, self.moment = driver, app, desk, book, moment
        self.address: Address

    def surface(self) -> Surface:
        """Teams for one client."""
        return self.app.surface("contoso")

    def place(self, name: str) -> str:
        """Our id of a channel or chat."""
        return f"teams:{self.address.tenant_id}:{self.address.conversations[name]}"

    def direct(self, person: str) -> str:
        """Our id of a person's chat."""
        return identity(self.address.people[person].aad_id, self.address.tenant_id).direct()

    async def meet(self, name: str = CHANNEL, person: str = "dana") -> None:
        """The bot is spoken to in a place, and the house notes where it is."""
        await self.driver.mention(person, name, "hello")
        place = self.desk.places[-1]
        self.book.known[place.conversation] = place.address
        await self.settled()
        self.desk.said.clear()

    async def card(self) -> tuple[str, str]:
        """The gate in the channel: our message id and Teams' own."""
        sent = await self.surface().send(self.place(CHANNEL), GATE, key="k")
        return sent, sent.rpartition("|")[2]

    async def settled(self) -> None:
        """Until every answer has left."""
        await self.app._tasks.settle(20)

    async def last(self, person: str, place: str = CHANNEL) -> Seen:
        """The newest message as this person sees it."""
        return (await self.driver.seen(person, place))[-1]


@contextlib.asynccontextmanager
async def street(**options: Any) -> AsyncIterator[Street]:
    """The fake with a bot in front of it."""
    moment, desk, book = Moment(), Desk(), Book()
    teams = Teams(TeamsOptions(**options), now=moment.now, wall=SystemClock().now)
    async with serving(teams) as url, driving(url) as driver:
        address = await driver.setup(PEOPLE)
        secrets: dict[str, Any] = {
            "app_id": address.app_id,
            "app_password": teams.options.app_password,
            "app_tenant_id": address.tenant_id,
        }
        config = TeamsConfig(
            openid_url=f"{url}/openid", login_url=url, **({} if teams.options.anonymous else secrets)
        )
        app = TeamsApp(config, desk=desk, book=book, now=moment.now, new_id=lambda: "fault")
        made = Street(driver, app, desk, book, moment)
        made.address = address
        for name, contact in list(book.people.items()):
            account = identity(address.people[name].aad_id, address.tenant_id)
            book.people[name] = Contact(identity=account, name=contact.name)
        async with front(app) as bot_url:
            await driver.bot_at(bot_url)
            try:
                yield made
            finally:
                await app.close()


@contextlib.asynccontextmanager
async def front(app: TeamsApp) -> AsyncIterator[str]:
    """The public port, as far as Teams sees it."""

    async def take(request: web.Request) -> web.Response:
        delivered = Delivered(
            headers=dict(request.headers), body=await request.read(), remote=request.remote or ""
        )
        answered = await app.take(delivered)
        return web.Response(status=answered.status, body=answered.body, content_type=answered.content_type)

    listening = web.Application()
    listening.router.add_post("/api/messages", take)
    runner = web.AppRunner(listening, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/messages"
    finally:
        await runner.cleanup()


@pytest_asyncio.fixture
async def here() -> AsyncIterator[Street]:
    """With an app id and tokens on both ways."""
    async with street() as made:
        yield made


# --- in ---


@pytest.mark.parametrize("proof", [proof for proof in PROOFS if proof != "good"])
async def test_a_badly_signed_delivery_is_401_and_nothing_else(here: Street, proof: Any) -> None:
    receipt = await here.driver.mention("dana", CHANNEL, "waiting", proof=proof)
    assert receipt.status == 401
    await here.settled()
    assert here.desk.heard_nothing()
    assert not [entry for entry in await here.driver.log() if "/v3/" in entry.path]


async def test_a_mention_is_answered_in_its_thread_as_a_card(here: Street) -> None:
    receipt = await here.driver.mention("dana", CHANNEL, "approve 7K2")
    assert receipt.status == 200
    await here.settled()
    [said] = here.desk.said
    assert (said.text, said.place.conversation) == ("approve 7K2", here.place(CHANNEL))
    asked, answered = await here.driver.seen("eve", CHANNEL)
    assert answered.thread == asked.thread
    assert (answered.summary, answered.card is not None) == (SENTENCE, True)


async def test_the_direct_chat_is_the_persons_own_conversation(here: Street) -> None:
    await here.driver.write("dana", "waiting")
    await here.settled()
    assert here.desk.said[0].place.conversation == here.direct("dana")
    assert here.desk.said[0].sender.identity.direct() == here.direct("dana")
    assert (await here.last("dana", "")).summary == SENTENCE


@pytest.mark.parametrize(
    ("person", "outsider"),
    [("dana", ""), ("gus", "a guest"), ("fay", "of another organisation")],
)
async def test_guests_and_strangers_can_never_decide(here: Street, person: str, outsider: str) -> None:
    await here.driver.mention(person, CHANNEL, "approve 7K2")
    assert [said.sender.outsider for said in here.desk.said] == [outsider]
    assert here.desk.said[0].place.conversation == here.place(CHANNEL)


async def test_being_installed_makes_the_place_known(here: Street) -> None:
    await here.driver.install("war-room", "dana", present=False)
    assert here.desk.heard_nothing()
    await here.driver.install("war-room", "dana")
    assert here.place("war-room") in [place.conversation for place in here.desk.places]


# --- clicks ---


async def test_an_accepted_click_changes_the_card_for_the_clicker_and_a_redraw_for_all(here: Street) -> None:
    await here.meet()
    sent, id = await here.card()
    here.desk.outcome = Outcome(answer=None, accepted=True, current=DONE)
    receipt = await here.driver.click("dana", CHANNEL, id, "Approve")
    assert (receipt.shown, receipt.problem) == ("card", "")
    assert here.desk.clicked[0].message_id == sent
    assert (await here.last("dana")).buttons == ["Stop"]
    assert (await here.last("eve")).buttons == ["Approve", "Reject"]
    await here.surface().update(here.place(CHANNEL), sent, DONE, version=2)
    assert (await here.last("eve")).buttons == ["Stop"]
    assert not (await here.last("dana")).own_view


async def test_a_refused_click_is_a_note_that_only_the_clicker_sees(here: Street) -> None:
    await here.meet()
    _, id = await here.card()
    receipt = await here.driver.click("dana", CHANNEL, id, "Approve")
    assert (receipt.shown, receipt.text) == ("message", SENTENCE)
    assert [toast.text for toast in await here.driver.toasts("dana")] == [SENTENCE]
    assert not await here.driver.toasts("eve")
    assert (await here.last("dana")).buttons == ["Approve", "Reject"]


async def test_a_form_is_filled_in_on_the_card_and_comes_back_as_fields(here: Street) -> None:
    await here.meet()
    _, id = await here.card()
    here.desk.outcome = Outcome(answer=FORM, back="v1.c.g.show.o.m")
    await here.driver.click("dana", CHANNEL, id, "Reject")
    assert (await here.last("dana")).buttons == ["Send", "Back"]
    here.desk.outcome = Outcome(answer=None, accepted=True, current=DONE)
    receipt = await here.driver.click("dana", CHANNEL, id, "Send", {"reason": "Not tonight"})
    assert receipt.shown == "card"
    assert here.desk.clicked[-1].fields == (("reason", "Not tonight"),)


async def test_an_old_client_takes_the_same_path_and_is_answered_alone(here: Street) -> None:
    await here.meet()
    sent, id = await here.card()
    receipt = await here.driver.click("dana", CHANNEL, id, "Approve", old_client=True)
    assert receipt.status == 200
    await here.settled()
    [clicked] = here.desk.clicked
    assert (clicked.value, clicked.message_id) == ("v1.c.g.approve.o.m", sent)
    assert (await here.last("dana", "")).summary == SENTENCE
    assert SENTENCE not in [seen.summary for seen in (await here.driver.seen("eve", CHANNEL))[2:]]


async def test_who_blocked_the_bot_gets_a_neutral_line_in_the_thread(here: Street) -> None:
    await here.meet()
    _, id = await here.card()
    await here.driver.block("dana")
    await here.driver.click("dana", CHANNEL, id, "Approve", old_client=True)
    await here.settled()
    assert "could not message you" in (await here.last("eve")).summary


async def test_a_click_that_teams_delivers_again_is_the_same_delivery(here: Street) -> None:
    await here.meet()
    _, id = await here.card()
    await here.driver.click("dana", CHANNEL, id, "Approve")
    await here.driver.resend()
    first, again = here.desk.clicked
    assert first.delivery_id == again.delivery_id


@pytest.mark.parametrize("fault", [RuntimeError("x"), ValueError("x")])
async def test_whatever_breaks_the_app_is_never_unreachable(here: Street, fault: Exception) -> None:
    await here.meet()
    _, id = await here.card()
    here.desk.fault = fault
    receipt = await here.driver.click("dana", CHANNEL, id, "Approve")
    assert receipt.shown == "error"


# --- out ---


async def test_a_first_message_to_somebody_who_never_wrote_opens_the_chat(here: Street) -> None:
    await here.meet()
    sent = await here.surface().send(here.place(CHANNEL), GATE, key="k", visible_to="eve")
    assert sent.startswith(here.direct("eve"))
    assert (await here.last("eve", "")).buttons == ["Approve", "Reject"]
    assert here.book.known[here.direct("eve")]


async def test_three_hundred_cards_never_meet_the_limit_of_teams(here: Street) -> None:
    await here.meet()
    for _ in range(300):
        while True:
            try:
                await here.card()
                break
            except OutsideBusy as busy:
                here.moment.pass_by(busy.retry_after_seconds or 1)
    entries = [entry for entry in await here.driver.log() if entry.method == "POST" and "/v3/" in entry.path]
    assert len(entries) >= 300
    assert {entry.status for entry in entries} == {201}


async def test_an_app_that_was_removed_says_what_to_do(here: Street) -> None:
    await here.meet()
    await here.driver.install(CHANNEL, "dana", present=False)
    with pytest.raises(OutsideGone, match="Add it to the team"):
        await here.card()


async def test_a_token_that_ran_out_is_renewed_without_a_word(here: Street) -> None:
    await here.meet()
    await here.driver.expire_tokens()
    assert (await here.card())[0]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(kind="status", status=412), OutsideBusy),
        (Fault(kind="status", status=429), OutsideBusy),
        (Fault(kind="status", status=429, retry_after_seconds=9), OutsideBusy),
        (Fault(kind="status", status=502), OutsideUnclear),
        (Fault(kind="status", status=504), OutsideUnclear),
        (Fault(kind="drop_before"), OutsideUnclear),
        (Fault(kind="drop_after"), OutsideUnclear),
    ],
)
async def test_trouble_of_the_service_is_told_as_what_it_is(
    here: Street, fault: Fault, error: type[Exception]
) -> None:
    await here.meet()
    await here.driver.fault(fault)
    with pytest.raises(error):
        await here.card()
    assert (await here.card())[0]


async def test_a_card_of_two_hundred_lines_is_below_the_size_that_teams_advises(here: Street) -> None:
    await here.meet()
    long = Card(push="p", title="t", key="k", body=tuple(line("漢" * 400) for _ in range(200)), phone=False)
    await here.surface().send(here.place(CHANNEL), long, key="k")
    assert not (await here.driver.log())[-1].warnings


async def test_without_an_app_id_the_same_story_runs_unproved() -> None:
    async with street(anonymous=True) as here:
        await here.meet()
        _, id = await here.card()
        here.desk.outcome = Outcome(answer=None, accepted=True, current=DONE)
        receipt = await here.driver.click("dana", CHANNEL, id, "Approve")
        assert receipt.shown == "card"
        assert here.desk.clicked[0].proof == "teams-unproved"


async def test_a_refused_answer_card_brings_the_way_back(here: Street) -> None:
    await here.meet()
    _, id = await here.card()
    here.desk.outcome = Outcome(answer=answer("Not you.", line("Dana may.")), back="v1.c.g.show.o.m")
    await here.driver.click("eve", CHANNEL, id, "Approve")
    here.desk.outcome = Outcome(answer=None, current=GATE)
    receipt = await here.driver.click("eve", CHANNEL, id, "Back")
    assert receipt.shown == "card"
    assert here.desk.clicked[-1].value == "v1.c.g.show.o.m"
    assert (await here.last("eve")).buttons == ["Approve", "Reject"]
