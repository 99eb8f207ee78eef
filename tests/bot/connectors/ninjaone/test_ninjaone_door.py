"""Sign-in, patience, pages and hostile answers, on canned answers and virtual time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot.connectors.ninjaone import NinjaOne, NinjaOneConfig
from bot.connectors.ninjaone.config import BadConfiguration
from bot.connectors.ninjaone.door import READ_ATTEMPTS_MAX, retry_after_seconds
from bot.connectors.ninjaone.paging import LIST_PAGES_MAX
from bot.core.errors import OutsideBusy, OutsideFailed
from tests.bot.connectors.ninjaone.canned import (
    SECRET,
    START,
    CannedVendor,
    VirtualTime,
    at,
    config,
)

ORGANISATIONS = "/v2/organizations"
DEVICES = "/v2/devices-detailed"
PATCHES = "/v2/queries/os-patches"


def busy(**headers: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(429, headers={k.replace("_", "-"): v for k, v in headers.items()})


def broken(kind: type[httpx.TransportError]) -> Callable[[httpx.Request], httpx.Response]:
    def raises(request: httpx.Request) -> httpx.Response:
        raise kind("canned", request=request)

    return raises


class TestSignIn:
    async def test_one_token_serves_many_calls(self, ninja: NinjaOne, vendor: CannedVendor) -> None:
        await ninja.organisations()
        await ninja.organisations()

        assert vendor.tokens_given == 1

    async def test_the_form_is_what_the_vendor_asks_for(self, ninja: NinjaOne, vendor: CannedVendor) -> None:
        await ninja.organisations()

        (form,) = vendor.sent("POST", "/ws/oauth/token")
        assert dict(httpx.QueryParams(form.content.decode())) == {
            "grant_type": "client_credentials",
            "client_id": "ringmaster",
            "client_secret": SECRET,
            "scope": "monitoring management control",
        }

    async def test_a_token_is_renewed_before_it_ends(
        self, ninja: NinjaOne, vendor: CannedVendor, time: VirtualTime
    ) -> None:
        await ninja.organisations()
        await time.sleep(3600 - 30)
        await ninja.organisations()

        assert vendor.tokens_given == 2
        assert len(vendor.sent("GET", ORGANISATIONS)) == 6

    async def test_a_refused_token_is_renewed_once_and_the_call_repeated(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        await ninja.organisations()
        vendor.tokens_given += 1

        found = await ninja.organisations()

        assert len(found) == 3
        assert len(vendor.sent("POST", "/ws/oauth/token")) == 2

    async def test_a_fresh_token_that_is_refused_ends_it(self, ninja: NinjaOne, vendor: CannedVendor) -> None:
        vendor.on("GET", ORGANISATIONS, lambda _: httpx.Response(401))

        with pytest.raises(OutsideFailed, match="token that it has just given us"):
            await ninja.organisations()

        assert len(vendor.sent("GET", ORGANISATIONS)) == 2

    async def test_a_refused_sign_in_is_told_with_the_vendors_reason(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        vendor.on("POST", "/ws/oauth/token", lambda _: httpx.Response(401, json={"error": "invalid_client"}))

        with pytest.raises(OutsideFailed, match=r"refused our sign-in.*invalid_client"):
            await ninja.organisations()

    async def test_no_secret_shows_in_words_or_logs(
        self, ninja: NinjaOne, vendor: CannedVendor, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        vendor.on("GET", ORGANISATIONS, lambda r: httpx.Response(400, json={"error": "x"}))

        with pytest.raises(OutsideFailed) as told:
            await ninja.organisations()

        shown = repr(config()) + str(told.value) + caplog.text
        assert SECRET not in shown
        assert "token-1" not in shown
        assert "agreed-word" not in shown


class TestConfiguration:
    @pytest.mark.parametrize(
        "changes",
        [
            {"base_url": "http://ninja.example.test"},
            {"base_url": "ftp://ninja.example.test"},
            {"base_url": "https://user:word@ninja.example.test"},
            {"base_url": "https://"},
            {"page_size": 0},
            {"timeout_seconds": 0},
        ],
    )
    def test_an_account_that_cannot_work_is_refused(self, changes: dict[str, Any]) -> None:
        with pytest.raises(BadConfiguration):
            config(**changes)

    def test_plain_http_is_for_this_machine_only(self) -> None:
        made = config(base_url="http://127.0.0.1:8765")

        assert isinstance(made, NinjaOneConfig)


class TestPatience:
    @pytest.mark.parametrize(
        ("header", "seconds"),
        [
            ("17", 17),
            ("Mon, 16 Nov 2026 22:31:00 GMT", 60),
            ("Mon, 16 Nov 2026 22:29:00 GMT", 0),
            ("soon", None),
            ("-5", None),
            ("99999999999999999999", 86_400),
        ],
    )
    def test_both_forms_of_retry_after_are_understood(self, header: str, seconds: int | None) -> None:
        assert retry_after_seconds(header, START) == seconds

    async def test_retry_after_is_waited_for(
        self, ninja: NinjaOne, vendor: CannedVendor, time: VirtualTime
    ) -> None:
        answers = [httpx.Response(429, headers={"Retry-After": "17"}), httpx.Response(200, json=[])]
        vendor.on("GET", ORGANISATIONS, lambda _: answers.pop(0))

        await ninja.organisations()

        assert time.sleeps == [17.5]

    async def test_a_read_is_repeated_with_growing_pauses_and_an_end(
        self, ninja: NinjaOne, vendor: CannedVendor, time: VirtualTime
    ) -> None:
        vendor.on("GET", ORGANISATIONS, lambda _: httpx.Response(502, html="<h1>Bad gateway</h1>"))

        with pytest.raises(OutsideFailed, match="502"):
            await ninja.organisations()

        assert len(vendor.sent("GET", ORGANISATIONS)) == READ_ATTEMPTS_MAX
        assert time.sleeps == [0.75, 1.5, 3.0]

    async def test_a_dropped_read_is_repeated(
        self, ninja: NinjaOne, vendor: CannedVendor, time: VirtualTime
    ) -> None:
        handlers = [broken(httpx.RemoteProtocolError), broken(httpx.ReadTimeout)]
        vendor.on(
            "GET",
            ORGANISATIONS,
            lambda r: handlers.pop(0)(r) if handlers else httpx.Response(200, json=[]),
        )

        assert await ninja.organisations() == ()

    async def test_a_very_long_retry_after_is_handed_to_the_caller(
        self, ninja: NinjaOne, vendor: CannedVendor, time: VirtualTime
    ) -> None:
        vendor.on("GET", ORGANISATIONS, busy(Retry_After="3600"))

        with pytest.raises(OutsideBusy) as told:
            await ninja.organisations()

        assert (told.value.retry_after_seconds, time.sleeps) == (3600, [])

    async def test_busy_at_the_end_is_told_as_busy(self, ninja: NinjaOne, vendor: CannedVendor) -> None:
        vendor.on("GET", ORGANISATIONS, busy(Retry_After="2"))

        with pytest.raises(OutsideBusy) as told:
            await ninja.organisations()

        assert told.value.retry_after_seconds == 2


class TestPages:
    async def test_a_list_that_does_not_advance_is_not_trusted(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        rows = [{"id": 7, "name": "Acorn"}, {"id": 9, "name": "Birch"}]
        vendor.on("GET", ORGANISATIONS, lambda _: httpx.Response(200, json=rows))

        with pytest.raises(OutsideFailed, match="do not advance"):
            await ninja.organisations()

    async def test_a_list_without_end_is_cut_off(self, ninja: NinjaOne, vendor: CannedVendor) -> None:
        def next_one(request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json=[{"id": int(request.url.params.get("after", 0)) + 1}])

        vendor.on("GET", ORGANISATIONS, next_one)

        with pytest.raises(OutsideFailed, match=f"do not end .limit {LIST_PAGES_MAX}"):
            await ninja.organisations()

    async def test_a_query_without_end_is_cut_off(self, ninja: NinjaOne, vendor: CannedVendor) -> None:
        page = {"cursor": {"name": "again", "expires": at(60)}, "results": [{"deviceId": 101}]}
        vendor.on("GET", PATCHES, lambda _: httpx.Response(200, json=page))

        with pytest.raises(OutsideFailed, match="do not end"):
            await ninja.read_fleet("7")

    async def test_a_log_that_does_not_go_back_is_not_trusted(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        page = {"activities": [{"id": 5, "activityTime": at(0)}]}
        vendor.on("GET", "/v2/activities", lambda _: httpx.Response(200, json=page))

        with pytest.raises(OutsideFailed, match="do not advance"):
            await ninja.read_fleet("7")

    async def test_a_server_that_gives_smaller_pages_loses_no_device(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        vendor.on(
            "GET",
            DEVICES,
            lambda r: vendor.answer_read(DEVICES, {"after": r.url.params.get("after", "0"), "pageSize": "1"}),
        )

        fleet = await ninja.read_fleet("7")

        assert len(fleet.devices) == 3

    async def test_a_lost_cursor_is_started_again_once(self, ninja: NinjaOne, vendor: CannedVendor) -> None:
        lost = [True]

        def forgetful(request: httpx.Request) -> httpx.Response:
            if "cursor" in request.url.params and lost:
                lost.pop()
                return httpx.Response(400, json={"errorMessage": "cursor_expired"})
            return vendor.answer_read(PATCHES, dict(request.url.params))

        vendor.on("GET", PATCHES, forgetful)

        fleet = await ninja.read_fleet("7")

        assert [len(d.pending) for d in fleet.devices] == [1, 1, 1]

    async def test_a_cursor_lost_twice_is_a_failure_and_not_half_a_fleet(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        def forgetful(request: httpx.Request) -> httpx.Response:
            if "cursor" in request.url.params:
                return httpx.Response(404, json={"errorMessage": "not_found"})
            return vendor.answer_read(PATCHES, dict(request.url.params))

        vendor.on("GET", PATCHES, forgetful)

        with pytest.raises(OutsideFailed, match="lost its place"):
            await ninja.read_fleet("7")

    @pytest.mark.parametrize(
        ("expires", "fresh_starts"), [(at(60), 0), (at(-1), 1)], ids=["still valid", "expired"]
    )
    async def test_a_refusal_after_a_short_page_is_the_end_unless_the_cursor_expired(
        self, ninja: NinjaOne, vendor: CannedVendor, expires: float, fresh_starts: int
    ) -> None:
        def short(request: httpx.Request) -> httpx.Response:
            if "cursor" in request.url.params:
                return httpx.Response(400, json={"errorMessage": "cursor_closed"})
            page = {"cursor": {"name": "c", "expires": expires}, "results": [{"deviceId": 101}]}
            return httpx.Response(200, json=page)

        vendor.on("GET", PATCHES, short)
        if fresh_starts:
            with pytest.raises(OutsideFailed, match="lost its place"):
                await ninja.read_fleet("7")
        else:
            await ninja.read_fleet("7")

        assert len(vendor.sent("GET", PATCHES)) == 2 + 2 * fresh_starts
