"""Only our own page, in a browser on this machine, gets anywhere; the rest is refused and recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO

import pytest

from bot.surfaces.console.guard import BODY_BYTES
from tests.bot.surfaces.console.browser import Browser
from tests.bot.surfaces.console.house import House


def rules(house: House) -> list[str]:
    return [refusal.rule for refusal in house.refusals]


async def say_fields(browser: Browser) -> dict[str, str]:
    page = await browser.page("/c?id=c/fernhill")
    return {**page.form("/say"), "text": "waiting"}


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"])
async def test_loopback_names_with_our_port_are_served(browser: Browser, name: str) -> None:
    response = await browser.get("/sign-in", Host=f"{name}:{browser.client.port}")

    assert response.status == 200


@pytest.mark.parametrize(
    "host", ["evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}"]
)
async def test_a_foreign_host_name_is_refused_and_recorded(browser: Browser, house: House, host: str) -> None:
    response = await browser.get("/sign-in", Host=host.format(port=browser.client.port))

    assert response.status == 421
    assert rules(house) == ["host"]
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "header", ["X_Forwarded_For", "X_Forwarded_Host", "Forwarded", "Via", "X_Real_IP", "x_forwarded_anything"]
)
async def test_a_forwarding_header_is_refused_and_recorded(
    browser: Browser, house: House, header: str
) -> None:
    response = await browser.get("/sign-in", **{header: "10.0.0.1"})

    assert response.status == 403
    assert rules(house) == ["forwarded"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://localhost:{port}"},
        {"Origin": "", "Referer": ""},
        {"Origin": "", "Referer": "https://evil.example/page"},
        {"Origin": "", "Referer": "http://[broken"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
    ],
    ids=str,
)
async def test_a_post_from_another_page_is_refused_and_recorded(
    browser: Browser, house: House, headers: dict[str, str]
) -> None:
    await browser.sit_down()
    fields = await say_fields(browser)
    sent = {name: value.format(port=browser.client.port) for name, value in headers.items()}

    response = await browser.post("/say", fields, **sent)

    assert response.status == 403
    assert house.said == []
    assert rules(house) == ["origin"]
    assert house.refusals[0].person_id == "mara"


async def test_a_post_with_our_own_referer_and_no_origin_is_taken(browser: Browser, house: House) -> None:
    await browser.sit_down()
    fields = await say_fields(browser)

    response = await browser.post("/say", fields, Origin="", Referer=f"{browser.origin}/c?id=x")

    assert response.status == 303
    assert len(house.said) == 1


async def test_a_foreign_page_cannot_read_by_script(browser: Browser, house: House) -> None:
    response = await browser.get("/metrics", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")

    assert response.status == 403
    assert rules(house) == ["origin"]


async def test_a_link_from_another_page_may_be_followed(browser: Browser) -> None:
    response = await browser.get("/sign-in", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")

    assert response.status == 200


@pytest.mark.parametrize("token", [None, "", "wrong", "ü", "t1"])
async def test_a_write_without_this_sessions_token_is_refused_and_recorded(
    browser: Browser, house: House, token: str | None
) -> None:
    await browser.sit_down()
    fields = await say_fields(browser)
    del fields["csrf"]

    response = await browser.post("/say", fields if token is None else {**fields, "csrf": token})

    assert response.status == 403
    assert house.said == []
    assert rules(house) == ["csrf"]


async def test_a_page_of_the_person_before_cannot_speak_for_the_next(browser: Browser, house: House) -> None:
    await browser.sit_down("mara")
    of_mara = await say_fields(browser)
    await browser.sit_down("tomas")

    response = await browser.post("/say", of_mara)

    assert response.status == 403
    assert house.said == []


@pytest.mark.parametrize("path", ["/say", "/click", "/switch", "/sign-in", "/sign-out"])
async def test_no_write_is_taken_without_a_session(browser: Browser, house: House, path: str) -> None:
    response = await browser.post(path, {"csrf": "x", "person": "mara", "token": "ida-secret"})

    assert response.status == 403
    assert rules(house) == ["csrf"]


async def test_a_body_over_the_limit_is_refused_before_it_is_read(browser: Browser, house: House) -> None:
    response = await browser.client.post(
        "/say",
        data=BytesIO(b"x" * (BODY_BYTES + 1)),
        headers={"Origin": browser.origin, "Content-Type": "application/x-www-form-urlencoded"},
    )

    assert response.status == 413
    assert house.refusals == []


async def test_a_body_that_hides_its_length_is_refused_when_it_passes_the_limit(browser: Browser) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 65536

    response = await browser.client.post(
        "/say",
        data=chunks(),
        headers={"Origin": browser.origin, "Content-Type": "application/x-www-form-urlencoded"},
    )

    assert response.status == 413


async def test_a_form_of_a_thousand_fields_is_refused(browser: Browser) -> None:
    await browser.sit_down()

    response = await browser.post("/say", {f"f{n}": "x" for n in range(1000)})

    assert response.status == 400


async def test_only_plain_form_posts_are_read(browser: Browser) -> None:
    response = await browser.client.post("/say", json={"text": "x"}, headers={"Origin": browser.origin})

    assert response.status == 415


@pytest.mark.parametrize("path", ["/sign-in", "/nothing-here", "/static/console.js", "/metrics", "/cards"])
async def test_every_answer_carries_the_security_headers(browser: Browser, path: str) -> None:
    headers = (await browser.get(path)).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


async def test_a_refusal_that_cannot_be_recorded_is_a_refusal_still(browser: Browser, house: House) -> None:
    async def fails(refusal: object) -> None:
        raise OSError("disk full")

    house.record = fails  # type: ignore[method-assign]

    assert (await browser.get("/sign-in", Via="proxy")).status == 403


async def test_a_recorded_refusal_keeps_little_of_what_was_claimed(browser: Browser, house: House) -> None:
    await browser.get("/sign-in", Host="h" * 5000)

    assert len(house.refusals[0].said) == 200
