"""Who may sit at the console, how it is proved, and when it ends."""

from __future__ import annotations

import msgspec
import pytest

from bot.surfaces.console.session import Sessions
from tests.bot.surfaces.console.browser import Browser
from tests.bot.surfaces.console.house import KEY, MARA, START, House


async def test_only_people_of_sample_tenants_are_offered(browser: Browser) -> None:
    page = await browser.page("/sign-in")

    names = [node.words for node in page.root.all("button")]
    assert "Mara Novak" in names
    assert "Ida Real" not in names


async def test_nobody_can_switch_to_a_real_person(browser: Browser, house: House) -> None:
    fields = (await browser.page("/sign-in")).form("/sign-in")

    response = await browser.post("/switch", {"csrf": fields["csrf"], "person": "ida"})

    assert response.status == 403
    assert [refusal.rule for refusal in house.refusals] == ["person"]


async def test_without_sample_people_there_is_no_switcher_at_all(browser: Browser, house: House) -> None:
    del house.everybody["mara"], house.everybody["tomas"]

    page = await browser.page("/sign-in")

    assert [node.attributes["action"] for node in page.root.all("form")] == ["/sign-in"]


async def test_a_real_person_signs_in_with_their_own_token(browser: Browser, house: House) -> None:
    response = await browser.sign_in("ida-secret")
    fields = (await browser.page("/c?id=c/real")).form("/say")

    await browser.post("/say", {**fields, "text": "waiting"})

    assert response.status == 303
    assert (house.said[0].person_id, house.said[0].proof) == ("ida", "console-token")


async def test_a_token_session_offers_and_takes_no_switch(browser: Browser, house: House) -> None:
    await browser.sign_in("ida-secret")
    page = await browser.page("/")

    response = await browser.post("/switch", {**page.form("/sign-out"), "person": "mara"})

    assert page.root.by_id("switch-person") is None
    assert response.status == 403
    assert [refusal.rule for refusal in house.refusals] == ["person"]


async def test_a_wrong_token_is_told_so(browser: Browser) -> None:
    response = await browser.sign_in("guess")

    assert response.status == 401
    assert "not known here" in await response.text()


async def test_guessing_tokens_is_slowed_and_ends_after_a_minute(browser: Browser, house: House) -> None:
    for _ in range(10):
        await browser.sign_in("guess")

    assert (await browser.sign_in("ida-secret")).status == 429
    house.now.forward(seconds=61)
    assert (await browser.sign_in("ida-secret")).status == 303


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: Browser) -> None:
    cookie = (await browser.get("/sign-in")).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie


@pytest.mark.parametrize(
    "path", ["/", "/c?id=c/fernhill", "/feed?id=c/fernhill", "/complete?id=x", "/changes"]
)
async def test_strangers_are_shown_the_way_in(browser: Browser, path: str) -> None:
    response = await browser.get(path)

    assert (response.status, response.headers["Location"]) == (303, "/sign-in")


async def test_a_session_ends_after_its_hours(browser: Browser, house: House) -> None:
    await browser.sit_down()

    house.now.forward(hours=12)

    assert (await browser.get("/")).status == 303


async def test_a_person_who_left_is_out_at_the_next_request(browser: Browser, house: House) -> None:
    await browser.sit_down()

    del house.everybody["mara"]

    assert (await browser.get("/")).status == 303


async def test_a_switched_to_person_whose_tenant_becomes_real_is_out(browser: Browser, house: House) -> None:
    await browser.sit_down()

    house.everybody["mara"] = msgspec.structs.replace(MARA, sample=False)

    assert (await browser.get("/")).status == 303


async def test_signing_out_ends_the_session(browser: Browser) -> None:
    await browser.sit_down()
    fields = (await browser.page("/")).form("/sign-out")

    await browser.post("/sign-out", fields)

    assert (await browser.get("/")).status == 303


async def test_a_foreign_conversation_and_an_absent_one_look_the_same(browser: Browser) -> None:
    await browser.sit_down()

    foreign, absent = await browser.get("/c?id=c/real"), await browser.get("/c?id=nowhere")

    assert foreign.status == absent.status == 404
    assert await foreign.text() == await absent.text()


def test_an_altered_cookie_is_worth_nothing() -> None:
    sessions = Sessions(KEY)
    cookie = sessions.cookie(sessions.start("s1", START, person_id="mara", proof="console-switcher"))
    body, mac = cookie.split(".")
    foreign = Sessions(b"x" * 32)

    assert sessions.read(cookie, START) is not None
    assert foreign.read(cookie, START) is None
    for altered in (f"{body[:-4]}AAAA.{mac}", f"{body}.{mac[:-4]}AAA=", body, "", "a.b.c", "ü.ü", None):
        assert sessions.read(altered, START) is None


def test_a_token_belongs_to_one_session() -> None:
    sessions = Sessions(KEY)
    one = sessions.start("s1", START, person_id=None, proof="")
    two = sessions.start("s2", START, person_id=None, proof="")

    assert sessions.csrf_matches(one, sessions.csrf(one))
    assert not sessions.csrf_matches(two, sessions.csrf(one))


def test_a_short_key_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        Sessions(b"short")


async def test_an_unsigned_vote_is_refused_in_a_sentence_and_reported(browser: Browser, house: House) -> None:
    fields = (await browser.page("/sign-in")).form("/sign-in")

    response = await browser.post(
        "/click",
        {"csrf": fields["csrf"], "nonce": "n.click", "conversation": "c/real", "value": "v", "at": "x"},
    )

    assert response.status == 403
    assert "not signed in" in await response.text()
    assert [refusal.rule for refusal in house.refusals] == ["unsigned"]
