"""Deliveries against the SDK's own verifier and a real slack_bolt app: signatures, replays, retries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.twins.slack.driver import CannotBe
from bot.twins.slack.signing import Tamper
from tests.bot.twins.slack.slack_house import House, buttons, view


@pytest.mark.parametrize(
    ("tamper", "fits"),
    [
        (Tamper(), True),
        (Tamper(age_s=299), True),
        (Tamper(age_s=301), False),
        (Tamper(age_s=-301), False),
        (Tamper(signature="wrong_secret"), False),
        (Tamper(signature="body_changed"), False),
        (Tamper(signature="missing"), False),
        (Tamper(signature="no_timestamp"), False),
        (Tamper(signature="none"), False),
    ],
    ids=["good", "299 s", "301 s", "future", "secret", "body", "missing", "no timestamp", "none"],
)
async def test_the_sdks_verifier_agrees_with_each_signature(house: House, tamper: Tamper, fits: bool) -> None:
    await house.slack.command("dana", "#contoso", "/ring", "waiting", tamper)

    assert house.verifies(house.listener.last) is fits


async def test_a_timestamp_may_be_no_number(house: House) -> None:
    await house.slack.say("dana", "dm", "hello", tamper=Tamper(timestamp="yesterday"))

    assert house.listener.last.headers["X-Slack-Request-Timestamp"] == "yesterday"


async def test_broken_json_can_be_signed_well(house: House) -> None:
    outcome = await house.slack.post('{"type": ')

    assert house.verifies(house.listener.last)
    assert (await house.slack.raw(outcome.delivery)).body == '{"type": '


async def test_a_payload_can_be_forged_at_a_place(house: House) -> None:
    ts = await house.post("#contoso", buttons("Approve"))
    await house.slack.click(
        "dana", "#contoso", ts, "Approve", tamper=Tamper(overwrite={"actions.0.value": "forged"})
    )

    assert house.listener.last.payload["actions"][0]["value"] == "forged"


async def test_a_place_that_is_not_there_cannot_be_forged(house: House) -> None:
    with pytest.raises(CannotBe, match="no place"):
        await house.slack.say("dana", "dm", "x", tamper=Tamper(overwrite={"event.files.0": "x"}))


async def test_a_replay_is_the_same_bytes_with_the_same_signature(house: House) -> None:
    outcome = await house.slack.command("dana", "#contoso", "/ring", "waiting")
    await house.slack.advance(299)
    await house.slack.replay(outcome.delivery)
    first, again = house.listener.got
    await house.slack.advance(2)

    assert (again.body, again.headers["X-Slack-Signature"]) == (
        first.body,
        first.headers["X-Slack-Signature"],
    )
    assert "X-Slack-Retry-Num" not in again.headers
    assert not house.verifies(again)


async def test_a_retry_is_the_same_body_signed_anew(house: House) -> None:
    outcome = await house.slack.say("dana", "dm", "hello")
    await house.slack.advance(400)
    await house.slack.retry(outcome.delivery, 2, "http_error")
    first, again = house.listener.got

    assert again.body == first.body
    assert house.verifies(again)
    assert (again.headers["X-Slack-Retry-Num"], again.headers["X-Slack-Retry-Reason"]) == ("2", "http_error")


async def test_an_event_that_was_not_taken_comes_again_at_once_after_a_minute_and_after_five(
    house: House,
) -> None:
    house.listener.status = 500
    await house.slack.say("dana", "dm", "hello")
    counts = []
    for seconds in (0, 59, 1, 299, 1, 3600):
        await house.slack.advance(seconds)
        counts.append(len(await house.slack.deliver_due()))

    assert counts == [1, 0, 1, 0, 1, 0]
    numbers = [each.headers.get("X-Slack-Retry-Num") for each in house.listener.got]
    assert numbers == [None, "1", "2", "3"]


async def test_an_event_that_was_taken_does_not_come_again(house: House) -> None:
    await house.slack.say("dana", "dm", "hello")
    await house.slack.advance(3600)

    assert await house.slack.deliver_due() == ()


async def test_a_bot_can_say_that_it_wants_no_retry(house: House) -> None:
    house.listener.status, house.listener.headers = 500, {"X-Slack-No-Retry": "1"}
    await house.slack.say("dana", "dm", "hello")

    assert await house.slack.deliver_due() == ()


async def test_commands_and_clicks_never_come_again_by_themselves(house: House) -> None:
    house.listener.status = 500
    await house.slack.command("dana", "#contoso", "/ring", "waiting")

    assert await house.slack.deliver_due() == ()


async def test_the_control_door_needs_its_token(house: House) -> None:
    async with house.session.get(f"{house.url}/_control/state") as answer:
        assert answer.status == 404


# --- a real slack_bolt app at the other end ---


async def authorize() -> AuthorizeResult:
    return AuthorizeResult(
        enterprise_id=None,
        team_id="T0RING0001",
        bot_token="xoxb-fake-ringmaster",
        bot_id="B0RING0001",
        bot_user_id="U0RINGBOT1",
    )


class Bolt:
    """A small bot on slack_bolt: /ring opens a modal, the modal is heard, a button is acknowledged."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.heard: list[Any] = []
        # Bolt's own verifier reads the machine's clock, so this house lives now
        house.fake.workspace.ahead_s = (
            datetime.now(UTC).timestamp() - house.fake.workspace.now_s() + house.fake.workspace.ahead_s
        )
        self.app = AsyncApp(
            signing_secret=house.fake.options.signing_secret, client=house.web, authorize=authorize
        )
        self.app.command("/ring")(self._command)
        self.app.action("do:0")(self._action)
        self.app.view("form")(self._view)
        self.app.event("message")(self._message)

    async def _command(self, ack: Any, body: Any, client: Any) -> None:
        self.heard.append(body["text"])
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=view())

    async def _action(self, ack: Any, action: Any, respond: Any) -> None:
        self.heard.append(action["value"])
        await ack()
        await respond(text="only you", replace_original=False)

    async def _view(self, ack: Any, view: Any) -> None:
        self.heard.append(view["state"]["values"]["reason"]["value"]["value"])
        await ack(response_action="errors", errors={"reason": "Say more."})

    async def _message(self, event: Any) -> None:
        self.heard.append(event["text"])

    async def take(self, request: web.Request) -> web.Response:
        answer = await self.app.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(answer)


@pytest_asyncio.fixture
async def bolt(house: House) -> AsyncIterator[Bolt]:
    """A bolt app that takes this house's deliveries."""
    bot = Bolt(house)
    app = web.Application()
    app.router.add_post("/slack/events", bot.take)
    server = TestServer(app)
    await server.start_server()
    await house.slack.point_at(str(server.make_url("/slack/events")))
    yield bot
    await server.close()


async def test_bolt_takes_a_command_opens_a_modal_and_answers_the_submit(bolt: Bolt) -> None:
    slack = bolt.house.slack
    command = await slack.command("dana", "#contoso", "/ring", "reject 7K2")
    submitted = await slack.submit("dana", {"reason": "no"})
    modal = await slack.modal("dana")

    assert (command.status, submitted.status, bolt.heard) == (200, 200, ["reject 7K2", "no"])
    assert modal is not None
    assert modal.errors == {"reason": "Say more."}


async def test_bolt_takes_a_click_and_answers_by_the_response_url(bolt: Bolt) -> None:
    ts = await bolt.house.post("#contoso", buttons("Approve", value="signed"))
    outcome = await bolt.house.slack.click("dana", "#contoso", ts, "Approve")

    assert (outcome.status, bolt.heard) == (200, ["signed"])


async def test_bolt_takes_a_direct_message_and_leaves_its_own_alone(bolt: Bolt) -> None:
    slack = bolt.house.slack
    await slack.say("dana", "dm", "hello")
    await bolt.house.web.chat_postMessage(channel=bolt.house.id("dana"), text="hello yourself")
    await slack.echo(bolt.house.channel("dm"), (await slack.last("dana", "dm")).ts)

    assert bolt.heard == ["hello"]


@pytest.mark.parametrize(
    "tamper",
    [Tamper(signature="wrong_secret"), Tamper(age_s=301), Tamper(age_s=-301), Tamper(signature="missing")],
)
async def test_bolt_refuses_what_is_not_honest(bolt: Bolt, tamper: Tamper) -> None:
    outcome = await bolt.house.slack.command("dana", "#contoso", "/ring", "waiting", tamper)

    assert (outcome.status, bolt.heard) == (401, [])


async def test_bolt_answers_both_of_slacks_trial_calls(bolt: Bolt) -> None:
    challenge = await bolt.house.slack.url_verification()

    assert (challenge.status, "fake-challenge" in challenge.body) == (200, True)
    assert (await bolt.house.slack.ssl_check()).status == 200
