"""Notices through the whole program: from a signed delivery to cards, the direct message and the review."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest

from bot.connectors.github import GitHubReader
from bot.core.directory import SetOnCall
from bot.core.envelope import HOUSE, Actor
from bot.edge.listening import open_public
from bot.web import DEFAULTS, public_app
from cards import plain
from store.memory import counting_bytes
from store.sqlite import SqliteStore
from tests.bot.connectors.github.canned import body, config, deployment, protection, run, signed, status
from tests.bot.runner.runner_bench import Bench, open_bench
from tests.handlers.desk import Desk
from tests.handlers.forge_desk import failure, green, tell

ADMIN = Actor(kind="admin", id="setup", proof="command-line")
CANARY = "kanarienvogel"


async def deliver(bench: Bench, event: str, payload: Any, number: int = 1, tenant: str = "contoso") -> int:
    """One signed delivery over real HTTP; the status of the answer."""
    bench.app.readers = {
        (name, "github"): GitHubReader(config(tenant=name)) for name in ("contoso", "fabrikam")
    }
    runner = await open_public(public_app(bench.app), "127.0.0.1", 0, DEFAULTS)
    raw = body(payload)
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/in/{tenant}/github"
        async with httpx.AsyncClient() as client:
            answer = await client.post(url, content=raw, headers=signed(raw, event, number=number))
        return answer.status_code
    finally:
        await runner.cleanup()


async def cards(bench: Bench, place: str = "contoso", person: str = "dana") -> list[str]:
    """What hangs there as plain text, newest first."""
    posts = await bench.app.backend.posts(person, place, 50)
    return [plain.render(post.card, ZoneInfo("Europe/Berlin")) for post in posts if "notice" in post.key]


async def test_a_failed_production_deployment_hangs_in_the_channel_and_reaches_dana(bench: Bench) -> None:
    assert await deliver(bench, "deployment_status", status()) == 200
    await bench.settle()

    (channel,) = await cards(bench)
    (direct,) = await cards(bench, "dm-dana")
    assert channel == direct
    for part in (
        "Needs you. Contoso: shop deploy to production failed",
        "Smoke test failed",
        "Done by me: nothing; nothing was rolled back.",
        "https://github.com/acme/shop/actions/runs/501",
        "Told Dana, who is on call.",
    ):
        assert part in channel
    assert bench.parked() == []
    bench.whole()


async def test_with_nobody_on_call_only_the_channel_is_told_and_says_so(bench: Bench) -> None:
    bench.office.transact(bench.office.frame(HOUSE, ADMIN), SetOnCall(people=()))
    await deliver(bench, "deployment_status", status())
    await bench.settle()

    (channel,) = await cards(bench)
    assert "Nobody was called: whoever reads this, take it." in channel
    assert await cards(bench, "dm-dana") == []


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("deployment_status", status(environment="staging")),
        ("deployment_status", status("success")),
        ("deployment", deployment()),
        ("workflow_run", run(conclusion="failure")),
    ],
)
async def test_what_needs_nobody_posts_no_card(bench: Bench, event: str, payload: Any) -> None:
    assert await deliver(bench, event, payload) == 200
    await bench.settle()

    assert await cards(bench) == []
    bench.whole()


async def test_repetitions_change_the_same_card_and_post_no_other(bench: Bench) -> None:
    for number in (1, 2, 3):
        await deliver(bench, "deployment_status", status(number=number, id=9000 + number), number)
        await bench.settle()

    (channel,) = await cards(bench)
    assert "3rd time today" in channel
    assert len(await cards(bench, "dm-dana")) == 1


async def test_who_is_on_call_gets_a_message_of_its_own_when_it_happens_again(bench: Bench) -> None:
    for number in (1, 2, 3, 4):
        await deliver(bench, "deployment_status", status(number=number, id=9000 + number), number)
        await bench.settle()

    direct = await bench.app.backend.posts("dana", "dm-dana", 50)
    recalls = [post for post in direct if "recall:" in post.key]
    assert len(recalls) == 2
    assert all("time today" in post.card.push for post in recalls)
    assert [
        post for post in await bench.app.backend.posts("dana", "contoso", 50) if "recall" in post.key
    ] == []
    bench.whole()


async def test_a_gate_at_github_says_where_to_answer(bench: Bench) -> None:
    await deliver(bench, "deployment_protection_rule", protection(run_id=777))
    await bench.settle()

    (channel,) = await cards(bench)
    assert "waits for an answer" in channel
    assert "https://github.com/acme/shop/actions/runs/777" in channel


async def test_a_review_redraws_every_copy(bench: Bench) -> None:
    await deliver(bench, "deployment_status", status())
    await bench.settle()
    posts = await bench.app.backend.posts("dana", "contoso", 50)
    (card,) = [post.card for post in posts if "notice" in post.key]
    value = next(button.value for button in card.buttons if button.verb == "flag")

    answer = await bench.click(value)
    await bench.settle()

    assert "Flagged" in answer
    for place in ("contoso", "dm-dana"):
        (drawn,) = await cards(bench, place)
        assert "Flagged by Dana" in drawn
    bench.whole()


async def test_a_kill_between_keeping_and_digesting_loses_nothing_and_does_nothing_twice(
    tmp_path: Path,
) -> None:
    async with open_bench(tmp_path) as before:
        assert await deliver(before, "deployment_status", status()) == 200
        assert await cards(before) == []

    async with open_bench(tmp_path) as after:
        await after.settle()
        assert await deliver(after, "deployment_status", status()) == 200
        after.clock.advance(after.clock.now() + timedelta(minutes=1))
        await after.settle()

        assert len(await cards(after)) == 1
        assert [fact["notice"]["times"] for fact in after.facts("notice.raised")] == [1]
        assert after.facts("notice.repeated") == []
        after.whole()


async def test_one_clients_unreadable_file_leaves_the_others_notices_alone(bench: Bench) -> None:
    def broken(tenant: str) -> Any:
        if tenant == "contoso":
            raise RuntimeError("damaged")
        return begin(tenant)

    await deliver(bench, "deployment_status", status())
    await deliver(bench, "deployment_status", status(), tenant="fabrikam")
    begin = bench.store.read
    bench.store.read = broken  # type: ignore[method-assign]
    await bench.app._round()
    bench.store.read = begin  # type: ignore[method-assign]

    assert len(bench.facts("notice.raised", "fabrikam")) == 1
    assert bench.facts("notice.raised") == []
    await bench.settle()
    assert len(bench.facts("notice.raised")) == 1


async def test_what_one_client_is_told_is_shown_in_no_other_place(bench: Bench) -> None:
    named = {"repository": {"full_name": f"acme/{CANARY}"}}
    await deliver(bench, "deployment_status", status() | named)
    await deliver(bench, "deployment_status", status(), tenant="fabrikam")
    await bench.settle()

    assert CANARY in (await cards(bench))[0]
    (foreign,) = await cards(bench, "fabrikam")
    assert CANARY not in foreign
    for tenant in ("fabrikam", HOUSE):
        with bench.store.read(tenant) as uow:
            assert CANARY not in str(
                [msgspec.json.decode(content) for _, content in uow.entries() if content]
            )


def test_no_repository_stands_in_a_clear_column(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "data", key_file=tmp_path / "keys", random_bytes=counting_bytes())
    desk = Desk(store)
    tell(desk, failure(repository=f"acme/{CANARY}"), "one")
    tell(desk, msgspec.structs.replace(green(), repository=f"acme/{CANARY}"), "two")
    store.close()

    assert all(
        CANARY.encode() not in path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()
    )
