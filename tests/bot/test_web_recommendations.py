"""Recommendations over real HTTP: kept in that client's file, digested once; the documented call works."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from bot.connectors.recommendations import RecommendationReader
from bot.core.envelope import HOUSE
from bot.core.ports import InboxItem
from bot.core.tenants import Mode, ProvisionTenant
from bot.edge.limits import BODY_BYTES_OF
from handlers.routines import routines
from handlers.tenant_inbox import drain_tenant
from tests.bot.connectors.recommendations.signing import binary, config, event, structured
from tests.bot.public_house import ADMIN, House, public_port
from tests.builders import policy

PATH = "/in/acorn/recommendations"
OTHERS_SECRET = "birch-has-another-secret"
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "recommendations.md"


def house() -> House:
    """Two clients with a recommender each."""
    made = House()
    made.readers = {
        ("acorn", "recommendations"): RecommendationReader([config()]),
        ("birch", "recommendations"): RecommendationReader([config(tenant="birch", secret=OTHERS_SECRET)]),
    }
    for tenant in ("acorn", "birch"):
        message = ProvisionTenant(title=tenant.title(), policy=policy(), mode=Mode.LIVE)
        made.office.transact(made.office.frame(tenant, ADMIN), message)
    return made


def inbox(made: House, tenant: str = "acorn", *states: str) -> list[InboxItem]:
    with made.office.store.read(tenant) as uow:
        return uow.inbox(states or ("new", "done", "parked"), 100)


def advices(made: House, tenant: str = "acorn") -> list[str]:
    with made.office.store.read(tenant) as uow:
        return [one.cause.words for one in routines(uow)]


@pytest.mark.parametrize("mode", ["structured", "binary"])
async def test_a_signed_recommendation_is_kept_and_then_digested_once(mode: str) -> None:
    made = house()
    body = event() if mode == "structured" else b'{"advice":"look at it"}'
    headers = structured(body) if mode == "structured" else binary(body)
    async with public_port(made) as port:
        first = await port.post(PATH, body, headers)
        again = await port.post(PATH, body, headers)
        drained = drain_tenant(made.office, "acorn")
        drain_tenant(made.office, "acorn")

    assert (first.status, again.status) == (200, 200)
    assert (drained.digested, drained.parked) == (1, 0)
    assert advices(made) == ["look at it"]
    assert inbox(made, "birch") == inbox(made, HOUSE) == []


async def test_the_same_event_in_both_modes_is_one_piece_of_advice() -> None:
    made = house()
    body = b'{"advice":"look at it"}'
    async with public_port(made) as port:
        await port.post(PATH, event(), structured(event()))
        await port.post(PATH, body, binary(body))
        drain_tenant(made.office, "acorn")

    assert len(inbox(made)) == 2
    assert advices(made) == ["look at it"]


async def test_a_body_replayed_under_other_headers_is_known() -> None:
    made = house()
    body = b'{"advice":"look at it"}'
    async with public_port(made) as port:
        await port.post(PATH, body, binary(body))
        replayed = await port.post(PATH, body, binary(body, ce_id="another"))

    assert (replayed.status, len(inbox(made))) == (200, 1)


async def test_a_kill_between_keeping_and_digesting_loses_nothing() -> None:
    made = house()
    async with public_port(made) as port:
        await port.post(PATH, event(), structured(event()))
    assert advices(made) == []

    drain_tenant(made.office, "acorn")

    assert advices(made) == ["look at it"]


async def test_unsigned_foreign_and_unknown_all_answer_alike() -> None:
    made = house()
    body = event(source="urn:somebody-else")
    async with public_port(made) as port:
        wrong = await port.post(PATH, event(), structured(event(), OTHERS_SECRET))
        foreign = await port.post(PATH, body, structured(body))
        other_tenant = await port.post("/in/birch/recommendations", event(), structured(event()))
        nobody = await port.post("/in/nobody/recommendations", event(), structured(event()))
        unsigned = await port.post(PATH, event(), {"Content-Type": "application/cloudevents+json"})

    shapes = [one.shape() for one in (wrong, foreign, other_tenant, nobody, unsigned)]
    assert wrong.status == 401
    assert all(shape == shapes[0] for shape in shapes)
    assert inbox(made) == inbox(made, "birch") == []


@pytest.mark.parametrize(
    ("body", "changes", "status"),
    [
        (event(), {"Content_Type": "application/cloudevents-batch+json"}, 415),
        (event(specversion="0.3"), {}, 400),
        (b"[" * 100 + b"]" * 100, {}, 400),
        (event(data={"advice": "x" * BODY_BYTES_OF["recommendations"]}), {}, 413),
    ],
)
async def test_what_is_not_taken_is_not_kept(body: bytes, changes: dict[str, str], status: int) -> None:
    made = house()
    async with public_port(made) as port:
        reply = await port.post(PATH, body, structured(body, **changes))

    assert (reply.status, inbox(made)) == (status, [])


async def test_an_unknown_type_is_acknowledged_and_counted() -> None:
    made = house()
    body = event(type="com.ringmaster.recommendation.reboot.v1")
    async with public_port(made) as port:
        reply = await port.post(PATH, body, structured(body))

    with made.office.store.read("acorn") as uow:
        counters = uow.counters()
    assert (reply.status, inbox(made)) == (200, [])
    assert counters["recommendations-unknown-type"] == 1


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="needs curl and openssl")
async def test_the_call_in_the_guide_works_as_it_stands_there() -> None:
    """With the recommender of the guide's own table, on the port that the test has."""
    (script,) = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    (table,) = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    fields = dict(re.findall(r'^(\w+) = "(.*)"$', table, re.MULTILINE))
    made = house()
    made.readers["acorn", "recommendations"] = RecommendationReader(
        [config(secret=fields["secret"], source=fields["source"])]
    )
    async with public_port(made) as port:
        ours = script.replace("127.0.0.1:3978/in/contoso", f"127.0.0.1:{port.number}/in/acorn")
        shell = await asyncio.create_subprocess_exec("sh", "-c", ours, stdout=asyncio.subprocess.PIPE)
        said, _ = await shell.communicate()
    drain_tenant(made.office, "acorn")

    assert said.decode().strip().endswith("200")
    assert advices(made) == ["Look at the backup of CONTOSO-SRV02 first."]
