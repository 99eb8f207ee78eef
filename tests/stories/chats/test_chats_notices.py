"""What people are only told, and what an outsider recommends: the same on every surface."""

from __future__ import annotations

import msgspec

from bot.core.actions import FleetRead, ScanPatches
from bot.core.levels import PATCH_SCAN
from bot.core.notices import Notice
from bot.core.outside import AdviceWish, OutsideRecommendation, ScanWish, Wish
from bot.core.routine_words import Routine
from bot.core.tenants import ChangePolicy
from bot.core.vocabulary import encode
from handlers.hands import load_state
from handlers.queries import FLEET, open_gates
from handlers.recommended import digest
from tests.bot.connectors.github.canned import status
from tests.bot.runner.runner_bench import FakeRmm
from tests.bot.runner.test_runner_notices import deliver
from tests.handlers.ledger_story import _snapshot, as_person
from tests.stories.chats.square import Square, read


def notice(square: Square) -> Notice:
    """The one that was told."""
    with square.bench.store.read("contoso") as uow:
        (row,) = uow.find("notice")
        told: Notice = load_state(uow, "notice", row.id)[0]
    return told


def routine(square: Square) -> Routine:
    """The one that was proposed."""
    with square.bench.store.read("contoso") as uow:
        (row,) = uow.find("routine")
        made: Routine = load_state(uow, "routine", row.id)[0]
    return made


async def failed(square: Square) -> None:
    """GitHub tells of a production deployment that failed."""
    assert await deliver(square.bench, "deployment_status", status()) == 200
    await square.settled()


def recommended(square: Square, wish: Wish) -> None:
    """An outsider's program had an idea, and it passed the door."""
    said = OutsideRecommendation(recommender="acme-ai", event="e1", wish=wish)
    office = square.bench.office
    digest(office, "contoso", "delivery:recommendations:e1", encode(said), square.clock.now())


def fleet_was_read(square: Square) -> None:
    """The client's one device is known."""
    now = square.clock.now()
    read_now = FleetRead(organisation_id="o1", read_at=now, devices=(_snapshot("d1"),))
    with square.bench.store.begin("contoso") as uow:
        uow.put_cache(FLEET, now, msgspec.json.encode([read_now]))
        uow.commit()


def scanned(square: Square) -> list[str]:
    """Devices that were told to look for updates again."""
    rmm = square.bench.rmm
    assert isinstance(rmm, FakeRmm)
    return [action.device_id for action in rmm.done if isinstance(action, ScanPatches)]


def level(square: Square, wanted: str) -> None:
    """The client's policy for scans."""
    office = square.bench.office
    tenant = office.tenant("contoso")
    assert tenant is not None
    policy = msgspec.structs.replace(tenant.policy, levels={PATCH_SCAN: wanted})
    office.transact(office.frame("contoso", as_person("dana")), ChangePolicy(policy=policy))


async def test_a_failed_deployment_hangs_in_the_channel_and_reaches_the_person_on_call(
    tmp_square: Square, surface: str
) -> None:
    await failed(tmp_square)
    dana = tmp_square.person("dana", surface)
    key = f"notice:{notice(tmp_square).id}"

    for place in ("contoso", "dm-dana"):
        text = (await dana.card(place, key)).text
        assert "deploy to production failed" in text
        assert "nothing was rolled back" in text


async def test_a_review_is_counted_and_every_copy_says_so(tmp_square: Square, surface: str) -> None:
    await failed(tmp_square)
    key = f"notice:{notice(tmp_square).id}"
    await tmp_square.person("sam", surface).presses("contoso", key, "flag")
    await tmp_square.settled()

    assert notice(tmp_square).reviewer == "sam"
    for place in ("contoso", "dm-dana"):
        assert "Flagged by Sam" in (await tmp_square.person("dana", surface).card(place, key)).text


async def test_a_typed_review_is_the_same_as_a_pressed_one(tmp_square: Square, surface: str) -> None:
    await failed(tmp_square)
    code = notice(tmp_square).code
    answer = await tmp_square.person("sam", surface).types("contoso", f"looks right {code}")

    assert code in read(answer)
    assert notice(tmp_square).review == "looks-right"


async def test_an_outsiders_advice_runs_nothing_and_waits_for_a_report(
    tmp_square: Square, surface: str
) -> None:
    recommended(tmp_square, AdviceWish(words="look at the backup"))
    await tmp_square.settled()
    sam, key = tmp_square.person("sam", surface), f"routine:{routine(tmp_square).id}"

    assert "look at the backup" in (await sam.card("contoso", key)).text
    await sam.presses("contoso", key, "did")
    assert routine(tmp_square).status == "did"
    assert scanned(tmp_square) == []


async def test_a_scan_that_somebody_asked_for_is_done_and_told_afterwards(
    tmp_square: Square, surface: str
) -> None:
    fleet_was_read(tmp_square)
    dana = tmp_square.person("dana", surface)
    await dana.types("contoso", "scan")
    await tmp_square.settled()

    assert scanned(tmp_square) == ["d1"]
    assert "Done, nothing to do" in (await dana.card("contoso", f"notice:{notice(tmp_square).id}")).text


async def test_at_level_0_it_is_done_and_nobody_is_told(tmp_square: Square, surface: str) -> None:
    level(tmp_square, "L0")
    fleet_was_read(tmp_square)
    await tmp_square.person("dana", surface).types("contoso", "scan")
    await tmp_square.settled()

    assert scanned(tmp_square) == ["d1"]
    with tmp_square.bench.store.read("contoso") as uow:
        assert uow.find("notice") == []


async def test_at_level_3_the_bot_refuses_and_says_who_does_it(tmp_square: Square, surface: str) -> None:
    level(tmp_square, "L3")
    fleet_was_read(tmp_square)
    answer = await tmp_square.person("dana", surface).types("contoso", "scan")
    await tmp_square.settled()

    assert "people do this themselves" in read(answer).lower()
    assert scanned(tmp_square) == []


async def test_an_outsiders_scan_runs_only_after_somebody_said_yes(tmp_square: Square, surface: str) -> None:
    fleet_was_read(tmp_square)
    recommended(tmp_square, ScanWish(words="look again", confidence=100))
    await tmp_square.settled()
    assert scanned(tmp_square) == []
    with tmp_square.bench.store.read("contoso") as uow:
        (gate,) = open_gates(uow)
    await tmp_square.person("sam", surface).presses("contoso", f"gate:{gate.id}", "approve")
    await tmp_square.settled()

    assert scanned(tmp_square) == ["d1"]
