"""Answers that are too big, too deep, too slow or simply wrong: a failure in words, never half a fleet."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.connectors.ninjaone import NinjaOne
from bot.connectors.ninjaone import door as door_module
from bot.connectors.ninjaone.door import BODY_LIMIT_BYTES, READ_ATTEMPTS_MAX
from bot.core.actions import FleetRead
from bot.core.errors import OutsideFailed
from tests.bot.connectors.ninjaone.canned import CannedVendor, VirtualTime, at, connector, device, patch

ORGANISATIONS = "/v2/organizations"
DEVICES = "/v2/devices-detailed"


@pytest.fixture
async def swift(vendor: CannedVendor, time: VirtualTime) -> AsyncIterator[NinjaOne]:
    made = connector(vendor, time, page_size=1000)
    yield made
    await made.close()


async def test_a_huge_answer_is_cut_off(swift: NinjaOne, vendor: CannedVendor) -> None:
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        for _ in range(10_000):
            given += 1
            yield b" " * 1024 * 1024

    vendor.on("GET", ORGANISATIONS, lambda _: httpx.Response(200, content=endless()))

    with pytest.raises(OutsideFailed, match="BODY_LIMIT_BYTES"):
        await swift.organisations()

    assert given <= (BODY_LIMIT_BYTES // 1024**2 + 2) * READ_ATTEMPTS_MAX


async def test_a_packed_answer_is_refused(swift: NinjaOne, vendor: CannedVendor) -> None:
    packed = gzip.compress(b"[]")
    headers = {"Content-Encoding": "gzip"}
    vendor.on("GET", ORGANISATIONS, lambda _: httpx.Response(200, content=packed, headers=headers))

    with pytest.raises(OutsideFailed, match="packed"):
        await swift.organisations()


@pytest.mark.parametrize(
    "body",
    [b"<html>Sign in</html>", b"", b"\xff\xfe", b"[" * 100_000, b'[{"id":1},', b"null", b"{}"],
)
async def test_what_is_not_the_expected_json_is_a_failure(
    swift: NinjaOne, vendor: CannedVendor, body: bytes
) -> None:
    vendor.on("GET", ORGANISATIONS, lambda _: httpx.Response(200, content=body))

    with pytest.raises(OutsideFailed, match="NinjaOne answered /v2/organizations"):
        await swift.organisations()


async def test_a_wrong_type_is_told_by_field_and_not_by_value(swift: NinjaOne, vendor: CannedVendor) -> None:
    vendor.lists[DEVICES] = [device(101, displayName={"evil": "value"})]

    with pytest.raises(OutsideFailed) as told:
        await swift.read_fleet("7")

    assert "displayName" in str(told.value)
    assert "evil" not in str(told.value)


async def test_a_redirect_is_not_followed(swift: NinjaOne, vendor: CannedVendor) -> None:
    elsewhere = {"Location": "https://elsewhere.example.test/"}
    vendor.on("GET", ORGANISATIONS, lambda _: httpx.Response(302, headers=elsewhere))

    with pytest.raises(OutsideFailed, match="redirect"):
        await swift.organisations()

    assert {r.url.host for r in vendor.requests} == {"ninja.example.test"}


async def test_nonsense_times_are_not_known_rather_than_wrong(swift: NinjaOne, vendor: CannedVendor) -> None:
    for seconds in (-1.0, 1e300, 1_723_550_400_250.0, 0):
        vendor.lists[DEVICES] = [device(101, lastContact=seconds)]

        (only,) = (await swift.read_fleet("7")).devices

        assert only.last_contact is None


async def test_foreign_text_is_kept_on_one_short_line(swift: NinjaOne, vendor: CannedVendor) -> None:
    vendor.lists[DEVICES] = [device(101, displayName="PC\n\x1b[31m\u202e" + "x" * 9999)]

    (only,) = (await swift.read_fleet("7")).devices

    assert len(only.name) == 200
    assert only.name.isprintable()


async def test_an_answer_that_trickles_is_a_timeout(
    vendor: CannedVendor, time: VirtualTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"["
        await asyncio.Event().wait()

    monkeypatch.setattr(door_module, "TOTAL_TIMEOUT_FACTOR", 0)
    vendor.on("POST", "/ws/oauth/token", lambda _: httpx.Response(200, content=never()))
    ninja = connector(vendor, time)

    with pytest.raises(OutsideFailed, match="ReadTimeout"):
        await ninja.organisations()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
ROWS: dict[str, dict[str, Any]] = {
    "devices": device(101, policyId=3, userData={"diskFreeMb": 9000}),
    "os-patches": patch(101, "5099901", "MANUAL"),
    "os-patch-installs": patch(101, "5099901", "FAILED", installedAt=at(-10)),
    "operating-systems": {"deviceId": 101, "buildNumber": "26100", "lastBootTime": at(-600)},
    "computer-systems": {"deviceId": 101, "chassisType": "Notebook", "domainRole": "Member Workstation"},
}
FIELDS = [(table, field) for table, row in ROWS.items() for field in row]


@settings(max_examples=80, deadline=None)
@given(where=st.sampled_from(FIELDS), value=json_values)
async def test_any_value_in_any_field_gives_a_fleet_or_a_failure_and_nothing_else(
    where: tuple[str, str], value: Any
) -> None:
    vendor, (table, field) = CannedVendor(), where
    vendor.lists[DEVICES] = [ROWS["devices"]]
    vendor.queries.update({name: [row] for name, row in ROWS.items() if name != "devices"})
    spoiled = [ROWS[table] | {field: value}]
    if table == "devices":
        answers = [spoiled, []]
        vendor.on("GET", DEVICES, lambda _: httpx.Response(200, json=answers.pop(0)))
    else:
        vendor.queries[table] = spoiled
    ninja = connector(vendor, VirtualTime(), page_size=1000)

    try:
        read = await ninja.read_fleet("7")
    except OutsideFailed:
        read = None
    await ninja.close()

    assert read is None or isinstance(read, FleetRead)
