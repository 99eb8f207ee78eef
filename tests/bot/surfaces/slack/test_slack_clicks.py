"""Every click reaches the desk and has one answer, in the channel, in a private answer, in a modal."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bot.surfaces.port import Outcome
from bot.surfaces.slack import held as holding
from bot.surfaces.slack.held import Held
from bot.surfaces.slack.web import SlackWeb
from cards.model import FieldError, answer
from tests.bot.surfaces.slack.slack_side import (
    VALUE,
    House,
    a_card,
    a_form,
    in_ephemeral,
    interaction,
    signed,
    submission,
)
from tests.bot.surfaces.slack.slack_stub import says

REFUSED = Outcome(answer=answer("Only approvers may decide this."))
COUNTED = Outcome(answer=answer("Approved by you."), accepted=True, current=a_card())


async def test_a_click_says_what_was_pressed_and_on_which_copy(house: House) -> None:
    await house.click()
    clicked = house.desk.clicked[0]
    assert (clicked.value, clicked.message_id) == (VALUE, "C1:1000.000003")
    assert (clicked.place.conversation, clicked.place.title) == ("slack:T1:C1", "contoso")


async def test_a_click_in_direct_messages_is_in_the_accounts_own_place(house: House) -> None:
    await house.click(channel={"id": "D1", "name": "directmessage"})
    clicked = house.desk.clicked[0]
    assert (clicked.place.conversation, clicked.place.title) == ("slack:T1:@UDANA", "")
    assert clicked.message_id == "D1:1000.000003"


async def test_a_click_in_a_private_answer_names_no_copy(house: House) -> None:
    await house.click(container=in_ephemeral())
    assert house.desk.clicked[0].message_id == ""


async def test_an_accepted_click_is_answered_by_the_card_alone(house: House) -> None:
    house.desk.outcome = COUNTED
    answered = await house.click()
    assert (answered.status, answered.body) == (200, b"")
    assert not [asked for asked in house.stub.asked if asked.method not in ("auth.test", "users.info")]


async def test_a_refused_click_is_answered_to_the_person_alone(house: House) -> None:
    house.desk.outcome = REFUSED
    await house.click()
    told = house.stub.calls("response_url")[0]
    assert told["text"] == "Only approvers may decide this."
    assert (told["response_type"], told["replace_original"]) == ("ephemeral", False)


@pytest.mark.parametrize("outcome", [REFUSED, COUNTED])
async def test_a_click_in_a_private_answer_is_answered_in_its_place(house: House, outcome: Outcome) -> None:
    house.desk.outcome = outcome
    await house.click(container=in_ephemeral())
    told = house.stub.calls("response_url")[0]
    assert (told["text"], told["replace_original"]) == (outcome.answer.push, True)  # type: ignore[union-attr]


async def test_a_private_answer_without_words_becomes_the_card_as_it_is_now(house: House) -> None:
    house.desk.outcome = Outcome(answer=None, accepted=True, current=a_card())
    await house.click(container=in_ephemeral())
    assert house.stub.calls("response_url")[0]["text"] == a_card().push


async def test_an_answer_in_the_place_of_a_card_has_the_way_back_to_it(house: House) -> None:
    house.desk.outcome = Outcome(answer=answer("Details of it."), current=a_card(), back="v1.contoso.g1.show")
    await house.click(container=in_ephemeral())
    assert "v1.contoso.g1.show" in str(house.stub.calls("response_url")[0]["blocks"])


@pytest.mark.parametrize("error", ["used_url", "expired_url"])
async def test_an_address_that_is_used_up_is_replaced_by_an_ephemeral_message(
    house: House, error: str
) -> None:
    house.desk.outcome = REFUSED
    house.stub.next("response_url", says(error, status=404))
    await house.click()
    told = house.stub.calls("chat.postEphemeral")[0]
    assert (told["channel"], told["user"], told["text"]) == ("C1", "UDANA", REFUSED.answer.push)  # type: ignore[union-attr]


async def test_slacks_no_with_a_good_status_is_a_no(house: House) -> None:
    house.desk.outcome = REFUSED
    house.stub.next("response_url", says("used_url"))
    await house.click()
    assert len(house.stub.calls("chat.postEphemeral")) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://attacker.example/x",
        "https://slack.com.attacker.example/x",
        "https://hooks.slack.com@attacker.example/x",
        "https://attacker.example/hooks.slack.com",
        "https://notslack.com/x",
        "http://hooks.slack.com/x",
        "https://hooks.slack.com:8443/x",
        "file:///etc/passwd",
        "https://[broken/x",
        "https://127.0.0.1/x",
        "x" * 5000,
    ],
)
async def test_an_address_that_is_not_slacks_is_not_followed(house: House, url: str) -> None:
    house.desk.outcome = REFUSED
    await house.click(response_url=url)
    assert len(house.stub.calls("chat.postEphemeral")) == 1


@pytest.mark.parametrize(
    "url",
    ["https://hooks.slack.com/actions/T1/2/3", "https://HOOKS.slack.com/a", "https://x.slack.com:443/a"],
)
def test_slacks_own_addresses_are_followed(house: House, url: str) -> None:
    assert SlackWeb(house.config).may_follow(url)


@pytest.mark.parametrize("instead", ["localhost", "u:p@127.0.0.1", "[::1]"])
async def test_an_address_that_could_be_reached_is_not_followed_either(house: House, instead: str) -> None:
    house.desk.outcome = REFUSED
    await house.click(response_url=house.stub.response_url().replace("127.0.0.1", instead))
    assert not house.stub.calls("response_url")
    assert len(house.stub.calls("chat.postEphemeral")) == 1


async def test_an_address_does_not_lead_elsewhere_by_redirection(house: House) -> None:
    house.desk.outcome = REFUSED
    house.stub.next(
        "response_url", says("", status=307, Location=str(house.stub.server.make_url("/elsewhere")))
    )
    await house.click()
    assert len(house.stub.calls("response_url")) == 1
    assert len(house.stub.calls("chat.postEphemeral")) == 1


async def test_a_private_answer_waits_as_long_as_slack_asks(house: House) -> None:
    house.desk.outcome = REFUSED
    house.stub.next("chat.postEphemeral", says("ratelimited", status=429, Retry_After="7"))
    await house.click(response_url="")
    assert (house.slept, len(house.stub.calls("chat.postEphemeral"))) == ([7], 2)


async def test_a_private_answer_that_slack_refuses_is_sent_shorter(house: House) -> None:
    house.desk.outcome = REFUSED
    house.stub.next("chat.postEphemeral", says("invalid_blocks"), says("invalid_blocks"))
    await house.click(response_url="")
    sent = house.stub.calls("chat.postEphemeral")
    assert (len(sent), sent[2]["blocks"]) == (3, [])
    assert sent[2]["text"].startswith("Only approvers may decide this.")


async def test_a_desk_that_fails_says_so_to_whoever_clicked(house: House) -> None:
    house.desk.fault = RuntimeError()
    assert (await house.click()).status == 200
    assert "Something went wrong" in house.stub.calls("response_url")[0]["text"]


async def test_a_click_that_was_not_kept_is_answered_with_the_reason(house: House) -> None:
    house.desk.outcome = Outcome(answer=answer("Not written."), kept=False)
    await house.click()
    assert house.stub.calls("response_url")[0]["text"] == "Not written."


async def test_a_replayed_click_has_the_same_id_and_one_answer(house: House) -> None:
    house.desk.outcome = REFUSED
    delivered = house.signed_click()
    await house.take(delivered)
    await house.take(delivered)
    assert len({clicked.delivery_id for clicked in house.desk.clicked}) == 1
    assert len(house.stub.calls("response_url")) == 1


@pytest.mark.parametrize(
    "changes", [{"trigger_id": "9.9"}, {"user": {"id": "USAM", "team_id": "T1"}}, {"trigger_id": None}]
)
async def test_different_clicks_have_different_ids(house: House, changes: dict[str, Any]) -> None:
    await house.click()
    await house.click(**changes)
    assert len({clicked.delivery_id for clicked in house.desk.clicked}) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"actions": [{"type": "button", "action_id": "x"}]},
        {"container": {"type": "view", "view_id": "V1"}},
        {"channel": None},
    ],
)
async def test_what_is_no_button_of_ours_is_acknowledged_and_does_nothing(
    house: House, changes: dict[str, Any]
) -> None:
    assert (await house.click(**changes)).status == 200
    assert not house.desk.clicked


# --- forms ---


def held_by(house: House) -> Held:
    """What the modal that was opened carries."""
    view = house.stub.calls("views.open")[-1]["view"]
    held = holding.read(view["private_metadata"])
    assert held is not None
    return held


async def opened(house: House, **changes: Any) -> str:
    """The metadata of a form opened by a click."""
    house.desk.outcome = Outcome(answer=a_form(), current=a_card())
    await house.click(**changes)
    return str(house.stub.calls("views.open")[-1]["view"]["private_metadata"])


async def test_a_form_is_opened_and_carries_its_click(house: House) -> None:
    await opened(house)
    assert held_by(house) == Held(
        value=VALUE,
        conversation="slack:T1:C1",
        message_id="C1:1000.000003",
        channel="C1",
        response_url=house.stub.response_url(),
    )
    assert house.stub.calls("views.open")[0]["trigger_id"] == "4.5.6"


async def test_an_address_too_long_for_the_modal_is_left_out(house: House) -> None:
    await opened(house, response_url=house.stub.response_url() + "?" + "x" * 3000)
    assert (held_by(house).response_url, held_by(house).value) == ("", VALUE)


async def test_a_trigger_that_has_run_out_is_told_with_the_typed_way_out(house: House) -> None:
    house.stub.next("views.open", says("expired_trigger_id"))
    form = msgspec.structs.replace(a_form(), typed="reject 7K2 <reason>")
    house.desk.outcome = Outcome(answer=form, current=a_card())
    await house.click()
    told = house.stub.calls("response_url")[0]
    assert "press the button again, or type: reject 7K2 <reason>" in told["text"] + str(told["blocks"])
    assert told["replace_original"] is False


async def test_a_private_answer_stays_when_its_form_could_not_be_opened(house: House) -> None:
    house.stub.next("views.open", says("expired_trigger_id"))
    house.desk.outcome = Outcome(answer=a_form(), current=a_card())
    await house.click(container=in_ephemeral())
    assert house.stub.calls("response_url")[0]["replace_original"] is False


async def test_a_form_reaches_the_desk_with_its_fields_and_its_click(house: House) -> None:
    metadata = await opened(house)
    await house.submit(private_metadata=metadata)
    clicked = house.desk.clicked[-1]
    assert (clicked.value, clicked.fields) == (VALUE, (("reason", "Not tonight"),))
    assert (clicked.place.conversation, clicked.message_id) == ("slack:T1:C1", "C1:1000.000003")


async def test_what_is_wrong_with_a_form_is_told_at_its_fields(house: House) -> None:
    metadata = await opened(house)
    wrong = a_form(errors=(FieldError(name="reason", message="Too short."),))
    house.desk.outcome = Outcome(answer=wrong)
    body = await house.submit(private_metadata=metadata)
    assert body == {"response_action": "errors", "errors": {"reason": "Too short."}}


async def test_another_form_takes_the_place_of_the_first(house: House) -> None:
    metadata = await opened(house)
    house.desk.outcome = Outcome(answer=a_form(title="Really?"))
    body = await house.submit(private_metadata=metadata)
    assert (body["response_action"], body["view"]["title"]["text"]) == ("update", "Really?")


async def test_a_refused_form_is_told_in_the_modal(house: House) -> None:
    metadata = await opened(house)
    house.desk.outcome = REFUSED
    body = await house.submit(private_metadata=metadata)
    assert body["response_action"] == "update"
    assert "Only approvers may decide this." in str(body["view"]["blocks"])
    assert "submit" not in body["view"]


async def test_a_modals_sentence_has_no_buttons(house: House) -> None:
    metadata = await opened(house)
    house.desk.outcome = Outcome(answer=a_card())
    body = await house.submit(private_metadata=metadata)
    assert "actions" not in {block["type"] for block in body["view"]["blocks"]}


async def test_an_accepted_form_closes_and_leaves_the_rest_to_the_card(house: House) -> None:
    metadata = await opened(house)
    house.desk.outcome = COUNTED
    assert await house.submit(private_metadata=metadata) == {"response_action": "clear"}
    assert not house.stub.calls("response_url")


async def test_an_accepted_form_from_a_private_answer_takes_its_place(house: House) -> None:
    metadata = await opened(house, container=in_ephemeral())
    house.desk.outcome = COUNTED
    await house.submit(private_metadata=metadata)
    told = house.stub.calls("response_url")[0]
    assert (told["text"], told["replace_original"]) == ("Approved by you.", True)


async def test_a_form_whose_desk_fails_says_so_and_stays(house: House) -> None:
    metadata = await opened(house)
    house.desk.fault = RuntimeError()
    body = await house.submit(private_metadata=metadata)
    assert "Something went wrong" in str(body["view"]["blocks"])


def held_text(**changes: Any) -> str:
    made: dict[str, Any] = {"value": VALUE, "conversation": "slack:T1:C1"}
    return holding.write(Held(**(made | changes)))


@pytest.mark.parametrize(
    "metadata",
    [
        "",
        "{",
        "[]",
        "[1]",
        "null",
        held_text(version=2),
        held_text(value=""),
        held_text(conversation="teams:T1:C1"),
        held_text(conversation="slack:T1:@USAM"),
        held_text() + "x",
        "[" * 3000,
    ],
)
async def test_a_form_that_is_not_ours_is_told_so_and_does_nothing(house: House, metadata: str) -> None:
    body = await house.submit(private_metadata=metadata)
    assert "Nothing was done" in str(body["view"]["blocks"])
    assert not house.desk.clicked


async def test_a_form_opened_in_direct_messages_comes_back_to_them(house: House) -> None:
    await house.submit(private_metadata=held_text(conversation="slack:T1:@UDANA"))
    assert house.desk.clicked[0].place.conversation == "slack:T1:@UDANA"


@pytest.mark.parametrize("state", [None, 7, {"values": 7}, {"values": {"reason": 7}}])
async def test_wild_fields_reach_the_desk_as_none(house: House, state: Any) -> None:
    await house.submit(private_metadata=held_text(), state=state)
    assert house.desk.clicked[0].fields == ()


async def test_a_replayed_form_has_the_same_id(house: House) -> None:
    delivered = signed(interaction(submission(private_metadata=held_text())), house.at)
    await house.take(delivered)
    await house.take(delivered)
    assert len({clicked.delivery_id for clicked in house.desk.clicked}) == 1


async def test_a_closed_form_is_acknowledged(house: House) -> None:
    closed = {**submission(), "type": "view_closed"}
    assert (await house.take(signed(interaction(closed), house.at))).status == 200
    assert not house.desk.clicked
