"""The vendor's three paging schemes, its device filter, and its refusals."""

from __future__ import annotations

import pytest

from tests.bot.twins.fleet_door import INSTALL, Door


async def test_last_id_pages_show_every_device_once(door: Door) -> None:
    seen: list[int] = []
    while page := await door.get("/v2/devices", pageSize="7", after=str(seen[-1] if seen else 0)):
        assert len(page) <= 7
        seen += [device["id"] for device in page]

    assert seen == sorted(door.twin.world.state.devices)
    assert len(seen) == 52


async def test_cursor_pages_show_every_row_once_and_end_empty(door: Door) -> None:
    whole = (await door.get("/v2/queries/os-patches"))["results"]
    page = await door.get("/v2/queries/os-patches", pageSize="40")
    rows, name = page["results"], page["cursor"]["name"]
    while page["cursor"]["count"]:
        page = await door.get("/v2/queries/os-patches", pageSize="40", cursor=name)
        assert page["cursor"]["offset"] == len(rows)
        rows += page["results"]

    assert rows == whole


async def test_a_cursor_is_forgotten_after_ten_minutes(door: Door) -> None:
    page = await door.get("/v2/queries/operating-systems", pageSize="5")
    await door.advance(11)
    late = await door.call("GET", "/v2/queries/operating-systems", params={"cursor": page["cursor"]["name"]})

    assert late.status == 400
    assert late.body["resultCode"] == "FAILURE"


async def test_activities_come_newest_first_and_page_by_id(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    for number in range(15):
        await door.run_script(device_id, INSTALL, f"-Kb 5099901 -Key {number}")
    whole = await door.get("/v2/activities", pageSize="1000")
    ids = [entry["id"] for entry in whole["activities"]]
    first = [e["id"] for e in (await door.get("/v2/activities", pageSize="10"))["activities"]]
    older = await door.get("/v2/activities", pageSize="10", olderThan=str(first[-1]))
    newer = await door.get(f"/v2/device/{device_id}/activities", newerThan=str(ids[4]))

    assert ids == sorted(ids, reverse=True)
    assert whole["lastActivityId"] == ids[0]
    assert first + [entry["id"] for entry in older["activities"]] == ids
    assert [entry["id"] for entry in newer["activities"]] == ids[:4]


@pytest.mark.parametrize("size", ["9", "1001", "x"])
async def test_a_page_of_activities_has_ten_to_a_thousand_entries(door: Door, size: str) -> None:
    answer = await door.call("GET", "/v2/activities", params={"pageSize": size}, as_described=False)

    assert answer.status == 400


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("org = 3", 4),
        ("org in (1, 3)", 34),
        ("id in (101,102)", 2),
        ("class = WINDOWS_SERVER AND org = 1", 6),
        ("class in (WINDOWS_SERVER, LINUX_SERVER) AND org = 2", 4),
        ("id = 101 AND online", 1),
        ("id = 101 AND offline", 0),
    ],
)
async def test_a_device_filter_narrows_the_list(door: Door, text: str, names: int) -> None:
    assert len(await door.get("/v2/devices", df=text)) == names


@pytest.mark.parametrize("text", ["", "  ", "org", "org = ", "org = 1 OR org = 2", "id in ()", "x" * 5_000])
async def test_a_filter_that_cannot_be_read_is_an_error(door: Door, text: str) -> None:
    answer = await door.call("GET", "/v2/queries/os-patches", params={"df": text}, as_described=False)

    assert answer.status == 400
    assert set(answer.body) == {"resultCode", "errorMessage", "incidentId"}


async def test_patches_can_be_asked_by_status(door: Door) -> None:
    rows = (await door.get("/v2/queries/os-patches", status="REJECTED"))["results"]

    assert [(row["kbNumber"], row["status"]) for row in rows] == [("KB5099903", "REJECTED")]


@pytest.mark.parametrize("path", ["/v2/device/9999", "/v2/organization/99/devices", "/v2/nowhere"])
async def test_what_is_not_there_is_answered_in_the_vendors_words(door: Door, path: str) -> None:
    answer = await door.call("GET", path, as_described=False)

    assert answer.status == 404
    assert answer.body["errorMessage"] == "not_found"
