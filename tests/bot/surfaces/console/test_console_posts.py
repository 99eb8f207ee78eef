"""What is typed and clicked reaches the house once, and every person gets an answer that only they see."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.errors import Refused
from bot.surfaces.port import Answer, Clicked, Said
from cards.model import Card, Form, TextField, answer, button
from tests.bot.surfaces.console.browser import Browser, Node
from tests.bot.surfaces.console.house import START, House

PLACE = "/c?id=c/fernhill"
GATE = Card(
    push="p",
    title="Approve? Fernhill Dental",
    key="gate:4QT",
    buttons=(
        button("Approve", "approve", "v.approve", style="primary"),
        button("Reject", "reject", "v.reject"),
    ),
)
REASON = Form(
    title="Why not?",
    fields=(TextField(name="why", label="Reason"),),
    submit=button("Send", "reject", "v.reject.words"),
)


@pytest.fixture
async def gate_id(house: House) -> str:
    return await house.surface.send("c/fernhill", GATE, key="gate:4QT")


async def test_a_command_reaches_the_house_with_person_proof_and_time(browser: Browser, house: House) -> None:
    await browser.sit_down()
    fields = (await browser.page(PLACE)).form("/say")

    response = await browser.post("/say", {**fields, "text": "  status fernhill "})

    assert response.status == 303
    assert house.said == [
        Said(
            conversation="c/fernhill",
            person_id="mara",
            proof="console-switcher",
            text="status fernhill",
            delivery_id=house.said[0].delivery_id,
            received_at=START,
        )
    ]
    assert house.said[0].delivery_id.startswith(f"console:mara:{fields['nonce']}:")


async def test_another_command_under_the_same_form_number_is_no_repetition(
    browser: Browser, house: House
) -> None:
    await browser.sit_down()
    fields = (await browser.page(PLACE)).form("/say")

    for text in ("status fernhill", "stop fernhill", "stop fernhill"):
        await browser.post("/say", {**fields, "text": text})

    assert [said.text for said in house.said] == ["status fernhill", "stop fernhill"]
    assert len({said.delivery_id for said in house.said}) == 2


async def test_the_opposite_click_under_the_same_form_number_is_no_repetition(
    browser: Browser, house: House, gate_id: str
) -> None:
    await browser.sit_down()
    fields = (await browser.page(PLACE)).form("/click")

    for value in ("v.approve", "v.reject"):
        await browser.post("/click", {**fields, "value": value})

    assert [clicked.value for clicked in house.clicked] == ["v.approve", "v.reject"]


async def test_a_private_answer_stands_under_the_box_after_the_redirect(browser: Browser) -> None:
    await browser.sit_down()
    fields = (await browser.page(PLACE)).form("/say")

    page = await browser.follow(await browser.post("/say", {**fields, "text": "waiting"}))
    block = page.root.by_id("answer")

    assert block is not None
    assert "Only you see this" in block.words
    assert "You said waiting." in block.words
    assert "waiting" in [node.words for node in block.all("code")]


async def test_a_private_answer_survives_a_reload(browser: Browser) -> None:
    await browser.sit_down()
    fields = (await browser.page(PLACE)).form("/say")
    response = await browser.post("/say", {**fields, "text": "waiting"})

    first, second = await browser.follow(response), await browser.follow(response)

    assert first.root.by_id("answer")
    assert second.root.by_id("answer")


async def test_nobody_else_can_open_a_private_answer(browser: Browser) -> None:
    await browser.sit_down("mara")
    fields = (await browser.page(PLACE)).form("/say")
    response = await browser.post("/say", {**fields, "text": "waiting"})
    await browser.sit_down("tomas")

    page = await browser.follow(response)

    assert page.root.by_id("answer") is None


async def test_a_click_names_the_copy_and_the_value(browser: Browser, house: House, gate_id: str) -> None:
    await browser.sit_down()
    fields = (await browser.page(PLACE)).form("/click", "Approve")

    await browser.post("/click", fields)

    assert house.clicked == [
        Clicked(
            conversation="c/fernhill",
            person_id="mara",
            proof="console-switcher",
            message_id=gate_id,
            value="v.approve",
            delivery_id=house.clicked[0].delivery_id,
            received_at=START,
        )
    ]
    assert house.clicked[0].delivery_id.startswith(f"console:mara:{fields['nonce']}:")


async def test_a_click_without_an_answer_of_its_own_is_answered_all_the_same(
    browser: Browser, gate_id: str
) -> None:
    await browser.sit_down()
    fields = (await browser.page(PLACE)).form("/click", "Approve")

    page = await browser.follow(await browser.post("/click", fields))

    assert "Taken." in _answer_under(page.root.by_id(f"m-{gate_id}"))


async def test_a_refused_click_is_answered_under_its_card(
    browser: Browser, house: House, gate_id: str
) -> None:
    async def refuse(clicked: Clicked) -> Answer:
        raise Refused("You asked for this update, so somebody else must approve it.")

    house.answer_clicked = refuse
    await browser.sit_down()
    fields = (await browser.page(PLACE)).form("/click", "Approve")

    page = await browser.follow(await browser.post("/click", fields))

    assert "somebody else must approve it." in _answer_under(page.root.by_id(f"m-{gate_id}"))


async def test_a_fault_of_ours_is_said_and_shows_nothing_of_itself(
    browser: Browser, house: House, gate_id: str
) -> None:
    async def fail(clicked: Clicked) -> Answer:
        raise RuntimeError("secret of the database")

    house.answer_clicked = fail
    await browser.sit_down()
    fields = (await browser.page(PLACE)).form("/click", "Approve")

    page = await browser.follow(await browser.post("/click", fields))

    assert "Something broke on our side." in page.root.words
    assert "secret" not in page.root.words


async def test_a_replayed_post_is_one_delivery_with_one_answer(
    browser: Browser, house: House, gate_id: str
) -> None:
    await browser.sit_down()
    fields = (await browser.page(PLACE)).form("/click", "Approve")

    first, second = await browser.post("/click", fields), await browser.post("/click", fields)

    assert len(house.clicked) == 1
    assert first.headers["Location"] == second.headers["Location"]


async def test_a_double_click_waits_for_the_first(browser: Browser, house: House, gate_id: str) -> None:
    both_sent, first_here = asyncio.Event(), asyncio.Event()

    async def slow(clicked: Clicked) -> Answer:
        first_here.set()
        await both_sent.wait()
        return answer("Approved by you.")

    house.answer_clicked = slow
    await browser.sit_down()
    fields = (await browser.page(PLACE)).form("/click", "Approve")

    posts = [asyncio.ensure_future(browser.post("/click", fields)) for _ in range(2)]
    await first_here.wait()
    both_sent.set()
    responses = await asyncio.gather(*posts)

    assert len(house.clicked) == 1
    assert len({response.headers["Location"] for response in responses}) == 1


async def test_two_buttons_of_one_page_are_two_deliveries(
    browser: Browser, house: House, gate_id: str
) -> None:
    await browser.sit_down()
    page = await browser.page(PLACE)

    await browser.post("/click", page.form("/click", "Approve"))
    await browser.post("/click", page.form("/click", "Reject"))

    assert [clicked.value for clicked in house.clicked] == ["v.approve", "v.reject"]
    assert house.clicked[0].delivery_id != house.clicked[1].delivery_id


async def test_each_rendering_is_a_delivery_of_its_own(browser: Browser, house: House, gate_id: str) -> None:
    await browser.sit_down()

    for _ in range(2):
        await browser.post("/click", (await browser.page(PLACE)).form("/click", "Approve"))

    assert len({clicked.delivery_id for clicked in house.clicked}) == 2


@pytest.mark.parametrize("nonce", ["", "a b", "x" * 201, "<script>"])
async def test_a_post_without_a_sound_delivery_number_is_refused(
    browser: Browser, house: House, nonce: str
) -> None:
    await browser.sit_down()
    fields = (await browser.page(PLACE)).form("/say")

    response = await browser.post("/say", {**fields, "text": "waiting", "nonce": nonce})

    assert response.status == 400
    assert house.said == []


async def test_a_click_can_be_answered_with_a_form_whose_fields_arrive(
    browser: Browser, house: House, gate_id: str
) -> None:
    async def ask(clicked: Clicked) -> Answer:
        return answer("Rejected by you.") if clicked.fields else REASON

    house.answer_clicked = ask
    await browser.sit_down()
    page = await browser.follow(
        await browser.post("/click", (await browser.page(PLACE)).form("/click", "Reject"))
    )

    filled = {**page.form("/click", "Send"), "f.why": "known problem"}
    after = await browser.follow(await browser.post("/click", filled))

    assert house.clicked[-1].fields == (("why", "known problem"),)
    assert house.clicked[-1].message_id == gate_id
    assert house.clicked[-1].value == "v.reject.words"
    assert "Rejected by you." in _answer_under(after.root.by_id(f"m-{gate_id}"))


async def test_a_button_of_a_private_answer_names_no_copy(browser: Browser, house: House) -> None:
    async def offer(said: Said) -> Answer:
        return Card(
            push="p", title="No client 'fernhil'. Fernhill?", key="k", buttons=(button("Yes", "y", "v.y"),)
        )

    house.answer_said = offer
    await browser.sit_down()
    said = (await browser.page(PLACE)).form("/say")
    page = await browser.follow(await browser.post("/say", {**said, "text": "stop fernhil"}))

    await browser.post("/click", page.form("/click", "Yes"))

    assert (house.clicked[0].message_id, house.clicked[0].value) == ("", "v.y")


async def test_an_empty_command_gets_a_sentence(browser: Browser, house: House) -> None:
    await browser.sit_down()
    fields = (await browser.page(PLACE)).form("/say")

    page = await browser.follow(await browser.post("/say", {**fields, "text": "  "}))

    assert "Nothing was typed." in page.root.words
    assert house.said == []


@pytest.mark.parametrize("path", ["/say", "/click"])
async def test_nobody_writes_into_a_conversation_that_is_not_theirs(
    browser: Browser, house: House, path: str
) -> None:
    await browser.sit_down()
    fields = (await browser.page(PLACE)).form("/say")

    response = await browser.post(path, {**fields, "text": "stop all", "conversation": "c/real"})

    assert response.status == 404
    assert house.said == []
    assert house.clicked == []
    assert [refusal.rule for refusal in house.refusals] == ["place"]


def _answer_under(card: Node | None) -> str:
    """The words of the answer that stands in the same post as the card."""
    assert card is not None
    assert card.parent is not None
    block = card.parent.by_id("answer")
    assert block is not None, "the answer is not under its card"
    return block.words
