"""Without an app id nothing is proved: only this machine is listened to and answered."""

from __future__ import annotations

import pytest

from bot.core.envelope import Proof
from tests.bot.surfaces.teams.teams_town import Town


async def test_this_machine_is_heard_and_marked_as_unproved(open_town: Town) -> None:
    answered = await open_town.deliver(open_town.words("waiting"), token=None)
    assert answered.status == 200
    assert [said.proof for said in open_town.desk.said] == [Proof.TEAMS_UNPROVED]


@pytest.mark.parametrize("remote", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
async def test_every_form_of_loopback_counts_as_this_machine(open_town: Town, remote: str) -> None:
    assert (await open_town.deliver(open_town.words("hi"), token=None, remote=remote)).status == 200


@pytest.mark.parametrize("remote", ["10.0.0.5", "203.0.113.7", "::ffff:10.0.0.5", "fe80::1%eth0", "", "x"])
async def test_another_machine_is_refused(open_town: Town, remote: str) -> None:
    answered = await open_town.deliver(open_town.words("hi"), token=None, remote=remote)
    assert (answered.status, answered.counter) == (401, "teams-token")
    assert open_town.desk.heard_nothing()


@pytest.mark.parametrize("name", ["X-Forwarded-For", "x-forwarded-proto", "Forwarded", "Via", "X-Real-IP"])
async def test_what_was_forwarded_is_refused(open_town: Town, name: str) -> None:
    answered = await open_town.deliver(open_town.words("hi"), token=None, headers={name: "1"})
    assert answered.status == 401
    assert open_town.desk.heard_nothing()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"Referer": "http://127.0.0.1:3978/"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": ""},
    ],
)
async def test_a_page_in_a_browser_on_this_machine_is_refused(
    open_town: Town, headers: dict[str, str]
) -> None:
    answered = await open_town.deliver(open_town.words("hi"), token=None, headers=headers)
    assert answered.status == 401
    assert open_town.desk.heard_nothing()


@pytest.mark.parametrize(
    "url",
    [
        "https://smba.trafficmanager.net/emea/",
        "http://127.0.0.1.evil.example/",
        "http://user@127.0.0.1/",
        "http://10.0.0.5/",
        "file:///etc/passwd",
        "http://[::1",
        "",
        None,
    ],
)
async def test_an_answer_address_elsewhere_is_refused(open_town: Town, url: str | None) -> None:
    answered = await open_town.deliver(open_town.words("hi", serviceUrl=url), token=None)
    assert answered.status == 401
    assert open_town.desk.heard_nothing()


async def test_answers_carry_no_token(open_town: Town) -> None:
    await open_town.deliver(open_town.words("waiting"), token=None)
    await open_town.settled()
    assert [call.token for call in open_town.service.posts()] == [""]
    assert not open_town.service.logins


async def test_a_card_goes_to_a_place_that_was_learned_without_a_token(open_town: Town) -> None:
    await open_town.deliver(open_town.words("waiting"), token=None)
    [place] = open_town.desk.places
    assert '"app":""' in place.address
