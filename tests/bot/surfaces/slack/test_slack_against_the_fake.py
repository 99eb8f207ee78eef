"""The surface against a Slack that checks what the real one checks, and what people see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.core.errors import OutsideBusy, OutsideGone, OutsideUnclear
from bot.surfaces.port import Delivered, Outcome
from bot.surfaces.slack.app import SlackApp
from bot.surfaces.slack.config import SlackConfig
from bot.twins.slack.driver import Slack
from bot.twins.slack.fake import FakeSlack, SlackOptions
from bot.twins.slack.faults import Fault
from bot.twins.slack.server import build_app
from bot.twins.slack.signing import Tamper
from cards.catalogue import all_examples
from cards.model import Card, FieldError, Form, answer
from tests.bot.surfaces.slack.slack_side import Book, Desk, a_card, a_form
from tests.builders import NOW

KEY = "contoso:gate:g1"


class Workspace:
    """The fake, its driver, and the app with its desk."""

    def __init__(self, fake: FakeSlack, slack: Slack, app: SlackApp, desk: Desk) -> None:
        self.fake = fake
        self.slack = slack
        self.app = app
        self.desk = desk
        self.surface = app.surface("contoso")

    def conversation(self, name: str = "contoso") -> str:
        spec = self.fake.workspace.spec
        channel = self.fake.workspace.channel(f"#{name}", self.fake.workspace.person("dana"))
        return f"slack:{spec.team_id}:{channel.id}"

    def direct(self, person: str) -> str:
        return f"slack:{self.fake.workspace.spec.team_id}:@{self.fake.workspace.person(person).id}"

    async def send(self, card: Card, key: str = KEY) -> tuple[str, str]:
        """The card's message id, and its name in its channel."""
        message_id = await self.surface.send(self.conversation(), card, key=key)
        return message_id, message_id.partition(":")[2]


@pytest_asyncio.fixture
async def workspace() -> AsyncIterator[Workspace]:
    fake = FakeSlack(SlackOptions(), lambda: NOW)
    server = TestServer(build_app(fake), host="127.0.0.1")
    await server.start_server()
    desk = Desk()
    app = SlackApp(
        SlackConfig(
            bot_token=fake.options.token,
            signing_secret=fake.options.signing_secret,
            api_url=str(server.make_url("/api/")),
        ),
        desk=desk,
        book=Book(),
        now=lambda: datetime.fromtimestamp(fake.workspace.now_s(), UTC),
        new_id=lambda: "id",
    )

    async def take(request: web.Request) -> web.Response:
        answered = await app.take(
            Delivered(headers=request.headers, body=await request.read(), remote=request.remote or "")
        )
        return web.Response(status=answered.status, body=answered.body, content_type=answered.content_type)

    events = web.Application()
    events.router.add_post("/slack/events", take)
    bot = TestServer(events, host="127.0.0.1")
    await bot.start_server()
    async with aiohttp.ClientSession() as session:
        slack = Slack(str(server.make_url("")), session)
        await slack.point_at(str(bot.make_url("/slack/events")))
        yield Workspace(fake, slack, app, desk)
    await app.close()
    await bot.close()
    await server.close()


async def test_a_commands_answer_is_seen_by_its_author_alone(workspace: Workspace) -> None:
    outcome = await workspace.slack.command("dana", "#contoso", text="waiting")
    assert (outcome.status, outcome.problem) == (200, "")
    seen = await workspace.slack.last("dana", "#contoso")
    assert (seen.ephemeral, seen.text) == (True, "Nothing waits for you.")
    assert await workspace.slack.seen("sam", "#contoso") == ()


async def test_a_card_is_seen_clicked_and_changed(workspace: Workspace) -> None:
    message_id, ts = await workspace.send(a_card())
    workspace.desk.outcome = Outcome(answer=None, accepted=True)
    outcome = await workspace.slack.click("dana", "#contoso", ts, "Approve")
    assert (outcome.status, outcome.problem) == (200, "")
    assert workspace.desk.clicked[0].message_id == message_id
    done = a_card(push="Approved", title="Approved by Dana", buttons=())
    await workspace.surface.update(workspace.conversation(), message_id, done, version=2)
    seen = await workspace.slack.seen("sam", "#contoso")
    assert [message.text for message in seen] == ["Approved"]


async def test_a_changed_card_is_still_found_by_its_key(workspace: Workspace) -> None:
    message_id, _ = await workspace.send(a_card())
    await workspace.surface.update(workspace.conversation(), message_id, a_card(push="Now"), version=2)
    assert await workspace.surface.find(workspace.conversation(), KEY) == message_id
    assert await workspace.surface.find(workspace.conversation(), "another") is None


async def test_a_card_lost_between_slack_and_us_is_found(workspace: Workspace) -> None:
    await workspace.slack.fault(Fault(method="chat.postMessage", kind="drop_after"))
    with pytest.raises(OutsideUnclear):
        await workspace.send(a_card())
    ts = (await workspace.slack.last("dana", "#contoso")).ts
    found = await workspace.surface.find(workspace.conversation(), KEY)
    assert found is not None
    assert found.endswith(ts)


async def test_a_refusal_is_seen_by_whoever_clicked_alone(workspace: Workspace) -> None:
    _, ts = await workspace.send(a_card())
    workspace.desk.outcome = Outcome(answer=answer("Only approvers may decide this."))
    await workspace.slack.click("sam", "#contoso", ts, "Approve")
    await workspace.app.settle()
    assert (await workspace.slack.last("sam", "#contoso")).text == "Only approvers may decide this."
    assert (await workspace.slack.last("dana", "#contoso")).ts == ts


async def test_a_button_in_a_private_answer_is_answered_in_its_place(workspace: Workspace) -> None:
    workspace.desk.outcome = Outcome(answer=a_card())
    await workspace.slack.command("dana", "#contoso", text="waiting")
    workspace.desk.outcome = Outcome(answer=answer("Approved by you."), accepted=True)
    await workspace.slack.press("dana", "#contoso", "Approve")
    await workspace.app.settle()
    seen = await workspace.slack.seen("dana", "#contoso")
    assert [message.text for message in seen] == ["Approved by you."]


async def test_a_form_is_filled_in_corrected_and_closed(workspace: Workspace) -> None:
    _, ts = await workspace.send(a_card())
    workspace.desk.outcome = Outcome(answer=a_form())
    await workspace.slack.click("dana", "#contoso", ts, "Approve")
    await workspace.app.settle()
    wrong = a_form(errors=(FieldError(name="reason", message="Too short."),))
    workspace.desk.outcome = Outcome(answer=wrong)
    await workspace.slack.submit("dana", {"reason": "no"})
    modal = await workspace.slack.modal("dana")
    assert modal is not None
    assert modal.errors == {"reason": "Too short."}
    workspace.desk.outcome = Outcome(answer=None, accepted=True)
    await workspace.slack.submit("dana", {"reason": "Not tonight"})
    assert await workspace.slack.modal("dana") is None
    assert workspace.desk.clicked[-1].fields == (("reason", "Not tonight"),)


async def test_a_refused_form_says_so_in_the_modal(workspace: Workspace) -> None:
    _, ts = await workspace.send(a_card())
    workspace.desk.outcome = Outcome(answer=a_form())
    await workspace.slack.click("dana", "#contoso", ts, "Approve")
    await workspace.app.settle()
    workspace.desk.outcome = Outcome(answer=answer("It was decided meanwhile."))
    await workspace.slack.submit("dana", {"reason": "Not tonight"})
    modal = await workspace.slack.modal("dana")
    assert modal is not None
    assert "It was decided meanwhile." in modal.all_text


async def test_a_line_in_direct_messages_is_answered_there(workspace: Workspace) -> None:
    await workspace.slack.say("dana", "dm", "waiting")
    await workspace.app.settle()
    assert workspace.desk.said[0].place.conversation == workspace.direct("dana")
    assert (await workspace.slack.last("dana", "dm")).text == "Nothing waits for you."


async def test_a_card_in_direct_messages_is_clicked_there(workspace: Workspace) -> None:
    message_id = await workspace.surface.send(workspace.direct("dana"), a_card(), key=KEY)
    await workspace.slack.press("dana", "dm", "Approve")
    clicked = workspace.desk.clicked[0]
    assert (clicked.message_id, clicked.place.conversation) == (message_id, workspace.direct("dana"))


async def test_a_button_of_an_answer_in_direct_messages_is_on_no_copy_and_is_answered_in_its_place(
    workspace: Workspace,
) -> None:
    workspace.desk.outcome = Outcome(answer=a_card())
    await workspace.slack.say("dana", "dm", "waiting")
    await workspace.app.settle()
    workspace.desk.outcome = Outcome(answer=None, accepted=True, current=a_card(push="As it is now"))
    await workspace.slack.press("dana", "dm", "Approve")
    await workspace.app.settle()
    assert workspace.desk.clicked[0].message_id == ""
    assert (await workspace.slack.last("dana", "dm")).text == "As it is now"
    assert len(await workspace.slack.seen("dana", "dm")) == 2


async def test_a_mention_is_answered_privately(workspace: Workspace) -> None:
    await workspace.slack.say("dana", "#contoso", "@ringmaster waiting")
    await workspace.app.settle()
    assert workspace.desk.said[0].text == "waiting"
    assert (await workspace.slack.last("dana", "#contoso")).ephemeral


async def test_our_own_messages_start_no_talk_with_ourselves(workspace: Workspace) -> None:
    message_id = await workspace.surface.send(workspace.direct("dana"), a_card(), key=KEY)
    channel, _, ts = message_id.partition(":")
    outcome = await workspace.slack.echo(channel, ts)
    assert (outcome.status, workspace.desk.said) == (200, [])


async def test_a_guest_and_a_stranger_are_told_apart_from_members(workspace: Workspace) -> None:
    await workspace.slack.command("dana", "#contoso", text="waiting")
    await workspace.slack.command("gil", "#contoso", text="waiting")
    await workspace.slack.say("cora", "#fabrikam", "@ringmaster waiting")
    outsiders = [said.sender.outsider for said in workspace.desk.said]
    assert outsiders == ["", "a guest", "of another organisation"]


async def test_a_channel_without_the_bot_says_to_invite_it(workspace: Workspace) -> None:
    with pytest.raises(OutsideGone, match="/invite"):
        await workspace.surface.send(workspace.conversation("elsewhere"), a_card(), key=KEY)


async def test_being_invited_is_told_to_the_desk(workspace: Workspace) -> None:
    await workspace.slack.join("ringmaster", "#elsewhere", "dana")
    assert [place.conversation for place in workspace.desk.places] == [workspace.conversation("elsewhere")]


async def test_an_event_that_was_not_kept_comes_again_and_is_answered_once(workspace: Workspace) -> None:
    workspace.desk.outcome = Outcome(answer=answer("Not written."), kept=False)
    await workspace.slack.say("dana", "dm", "waiting")
    workspace.desk.outcome = Outcome(answer=answer("Nothing waits for you."))
    await workspace.slack.advance(1)
    await workspace.slack.deliver_due()
    await workspace.app.settle()
    assert len({said.delivery_id for said in workspace.desk.said}) == 1
    answers = [seen.text for seen in await workspace.slack.seen("dana", "dm") if seen.user == "ringmaster"]
    assert answers == ["Nothing waits for you."]


@pytest.mark.parametrize("age_s", [301, -301])
async def test_old_and_early_signatures_are_refused(workspace: Workspace, age_s: int) -> None:
    outcome = await workspace.slack.command("dana", "#contoso", text="waiting", tamper=Tamper(age_s=age_s))
    assert (outcome.status, workspace.desk.said) == (401, [])


async def test_more_cards_than_slack_takes_go_out_at_slacks_pace(workspace: Workspace) -> None:
    left = [f"k{number}" for number in range(10)]
    for _ in range(10):
        for key in tuple(left):
            try:
                await workspace.send(a_card(), key)
            except OutsideBusy:
                continue
            left.remove(key)
        await workspace.slack.advance(1)
    assert left == []
    assert [call.status for call in await workspace.slack.calls("chat.postMessage")] == [200] * 10


async def test_every_card_that_we_show_is_one_that_slack_takes(workspace: Workspace) -> None:
    for name, example in all_examples().items():
        if isinstance(example, Card):
            await workspace.slack.advance(60)
            await workspace.send(example, name)
    refused = [call.error for call in await workspace.slack.calls("chat.postMessage") if call.error]
    assert refused == []


async def test_every_form_that_we_show_is_one_that_slack_opens(workspace: Workspace) -> None:
    forms = [example for example in all_examples().values() if isinstance(example, Form)]
    for form in forms:
        workspace.desk.outcome = Outcome(answer=form, zone="Europe/Berlin")
        await workspace.slack.command("dana", "#contoso", text="reject 7K2")
        await workspace.app.settle()
        await workspace.slack.close("dana")
        await workspace.slack.advance(60)
    assert [call.error for call in await workspace.slack.calls("views.open")] == [""] * len(forms)
