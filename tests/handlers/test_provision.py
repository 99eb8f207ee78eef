"""Setting up a house: every mistake named at once, everything there in the end, nothing ever changed back."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.cli.sample import HASTE
from bot.core.actions import DeviceClass
from bot.core.directory import Directory, RegisterPerson
from bot.core.envelope import HOUSE
from bot.core.policy import parse_policy
from bot.core.tenants import ChangePolicy, Mode
from bot.core.tolerance import p0_pm_for
from bot.core.vocabulary import Message
from bot.twins.fleet.generator import ORGANISATIONS
from bot.twins.fleet.jobs import REBOOT_MINUTES
from bot.twins.fleet.model import Patch
from handlers.house_plan import CLIENT_NAME, BadHouse, HousePlan, load_house, merged, parse_house
from handlers.office import Office
from handlers.provision import ADMIN, provision
from store.files import TENANT_NAME
from store.memory import MemoryStore
from tests.handlers.ledger_story import Story, house

TEMPLATES = Path(__file__).resolve().parents[2] / "manifest" / "templates"
SAMPLE = TEMPLATES / "sample-house.toml"
POLICIES = {path.stem: tomllib.loads(path.read_text()) for path in TEMPLATES.glob("policy-*.toml")}


class Died(Exception):
    """The process is gone."""


def office() -> Office:
    return Story(MemoryStore()).office


def ledgers(office: Office) -> dict[str, int]:
    """Tenant -> entries."""
    sizes = {}
    for tenant in office.store.tenants():
        with office.store.read(tenant) as uow:
            sizes[tenant] = len(list(uow.entries()))
    return sizes


def mistakes(raw: dict[str, Any]) -> tuple[str, ...]:
    plan, found = parse_house(raw, POLICIES)
    assert (plan is None) == bool(found)
    return found


# --- the templates ---


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_a_policy_template_is_a_sound_policy(name: str) -> None:
    assert parse_policy(POLICIES[name])[1] == ()


@pytest.mark.parametrize("name", sorted(POLICIES))
@pytest.mark.parametrize("device_class", list(DeviceClass))
def test_a_template_tolerates_what_the_prior_of_a_class_allows(name: str, device_class: DeviceClass) -> None:
    assert POLICIES[name]["classes"][device_class]["p0_pm"] == p0_pm_for(device_class)


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_a_template_lets_pcs_go_on_by_evidence_and_asks_for_servers_with_two_people(name: str) -> None:
    policy, _ = parse_policy(POLICIES[name])
    assert policy is not None
    asks = {kind for kind, rule in policy.classes.items() if rule.always_ask}
    assert asks == {"server", "domain_controller"}
    assert {ring.promotion for ring in policy.rings} == {"evidence"}
    assert policy.server_approvals.not_requester
    assert "viewer" not in policy.approvals.roles + policy.server_approvals.roles


def test_the_sample_policy_waits_longer_than_the_sample_fleet_ever_takes() -> None:
    policy, _ = parse_policy(POLICIES["policy-sample"])
    assert policy is not None
    longest_install_s = Patch(kb="1", name="", severity="", products=[]).install_minutes_high * 2 * 60
    longest_restart_s = REBOOT_MINUTES[1] * 60
    slack_s = 2 * policy.observe_every_seconds + 30
    assert policy.install_deadline_seconds > longest_install_s / HASTE + slack_s
    for rule in policy.classes.values():
        assert rule.silent_after_seconds > longest_restart_s / HASTE + slack_s


def test_the_sample_house_maps_the_organisations_of_the_sample_fleet_by_name_and_leaves_one_out() -> None:
    plan = load_house(SAMPLE)
    titles = {each.client.tenant: each.client.title for each in plan.clients}
    (account,) = plan.accounts
    mapped = {number: titles[tenant] for number, tenant in account.organisations.items()}
    fleet = {str(number): name for number, name in ORGANISATIONS}
    assert mapped == {number: name for number, name in fleet.items() if number != "3"}


def test_everybody_in_the_sample_house_is_a_sample_and_has_direct_messages() -> None:
    plan = load_house(SAMPLE)
    assert all(each.client.sample and each.mode is Mode.LIVE for each in plan.clients)
    direct = {each.person for each in plan.conversations if each.kind == "dm"}
    assert direct == {person.id for person in plan.people} == {"dana", "sam", "lee", "mia"}


def test_a_client_changes_of_its_template_what_it_names_and_keeps_the_rest() -> None:
    changed = merged(POLICIES["policy-standard"], {"caps": {"concurrent": 3}, "windows": []})
    assert changed["caps"] == {"concurrent": 3}
    assert changed["windows"] == []
    assert changed["rings"] == POLICIES["policy-standard"]["rings"]


def test_a_new_client_starts_in_shadow_with_the_standard_policy() -> None:
    plan, _ = parse_house({"clients": {"acme": {"title": "Acme"}}}, POLICIES)
    assert plan is not None
    assert plan.clients[0].mode is Mode.SHADOW
    assert plan.clients[0].policy == parse_policy(POLICIES["policy-standard"])[0]


# --- mistakes ---

ACME = {"acme": {"title": "Acme"}}
DANA = {"dana": {"name": "Dana", "roles": {"*": ["lead"]}}}


@pytest.mark.parametrize(
    ("raw", "mistake"),
    [
        ({"client": {}}, "client: unknown; known are clients, people, conversations, accounts, on_call"),
        ({"clients": []}, "clients: a table, one entry for each"),
        ({"clients": {"acme": {}}}, "clients.acme: Object missing required field `title`"),
        ({"clients": {"house": {"title": "H"}}}, "clients.house: the house itself bears this name"),
        ({"clients": {"../x": {"title": "X"}}}, "clients.../x: small letters, digits, - and _"),
        (
            {"clients": {"acme": {"title": "A", "template": "none"}}},
            "clients.acme.template: one of policy-sample, policy-standard",
        ),
        (
            {"clients": {"acme": {"title": "A", "policy": {"zone": "Mars"}}}},
            "clients.acme.policy: zone: an IANA time zone",
        ),
        ({"clients": {"acme": {"title": "A", "mode": "loud"}}}, "clients.acme: Invalid enum value 'loud'"),
        ({"people": {"d": {"name": "D", "roles": {"*": ["boss"]}}}}, "people.d.roles.*: 'boss' is unknown"),
        ({"people": {"d": {"name": "D", "roles": {"acme": []}}}}, "people.d.roles.acme: no such client"),
        ({"on_call": "dana"}, "on_call: a list of people"),
        ({"on_call": ["eve"]}, "on_call: nobody is called 'eve'"),
        ({"on_call": ["eve", "eve"]}, "on_call: somebody stands there twice"),
        (
            {"conversations": {"c": {"kind": "club", "title": "C"}}},
            "conversations.c.kind: one of client, staff, dm",
        ),
        (
            {"conversations": {"c": {"kind": "client", "title": "C"}}},
            "conversations.c.tenants: exactly one client",
        ),
        (
            {"conversations": {"c": {"kind": "staff", "title": "C", "tenants": ["acme"]}}},
            "conversations.c.tenants: no client 'acme'",
        ),
        ({"conversations": {"c": {"kind": "dm", "title": "C"}}}, "conversations.c.person: the person whose"),
        (
            {"accounts": {"n": {"connector": "ninjaone", "organisations": {"1": "acme"}}}},
            "accounts.n.organisations.1: no client 'acme'",
        ),
    ],
)
def test_a_mistake_in_a_house_is_named_with_its_place_and_what_is_allowed(
    raw: dict[str, Any], mistake: str
) -> None:
    assert any(found.startswith(mistake) for found in mistakes(raw)), mistakes(raw)


def test_a_client_may_bear_the_names_that_a_store_may_bear() -> None:
    assert CLIENT_NAME.pattern == TENANT_NAME.pattern


def test_one_mistake_does_not_hide_another() -> None:
    raw = {
        "clients": {"acme": {"title": "A", "policy": {"zone": "Mars"}}, "beta": {}},
        "on_call": 7,
        "more": 1,
    }
    assert len(mistakes(raw)) == 4


def test_a_house_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "house.toml"
    bad.write_text("clients = [")
    with pytest.raises(BadHouse, match=r"house\.toml: is not TOML"):
        load_house(bad)
    with pytest.raises(BadHouse, match="cannot be read"):
        load_house(tmp_path / "none.toml")


def test_a_house_file_anywhere_has_the_templates_that_we_ship_and_its_own(tmp_path: Path) -> None:
    house = tmp_path / "house.toml"
    house.write_text('[clients.a]\ntitle = "A"\n[clients.b]\ntitle = "B"\ntemplate = "policy-own"\n')
    shipped = (SAMPLE.parent / "policy-standard.toml").read_text(encoding="utf-8")
    (tmp_path / "policy-own.toml").write_text(shipped.replace("Europe/Berlin", "Asia/Tokyo"))

    plan = load_house(house)

    assert [each.policy.zone for each in plan.clients] == ["Europe/Berlin", "Asia/Tokyo"]


# --- setting up ---


def test_a_plan_becomes_stores_clients_people_places_and_a_roster() -> None:
    made = office()
    provision(made, load_house(SAMPLE))
    known = made.directory()
    assert made.store.tenants() == [HOUSE, "contoso", "fabrikam"]
    assert set(known.clients) == {"contoso", "fabrikam"}
    assert known.tenant_of("ninjaone", "2") == "fabrikam"
    assert known.tenant_of("ninjaone", "3") is None
    assert known.on_call == ("dana", "sam")
    contoso = made.tenant("contoso")
    assert contoso is not None
    assert (contoso.sample, contoso.mode, contoso.policy_version) == (True, Mode.LIVE, 1)


def test_setting_up_again_changes_nothing_and_writes_nothing() -> None:
    made = office()
    assert provision(made, load_house(SAMPLE))
    before = ledgers(made)
    assert provision(made, load_house(SAMPLE)) == ()
    assert ledgers(made) == before


def test_what_was_changed_since_is_not_changed_back() -> None:
    made = office()
    provision(made, house())
    dana = msgspec.structs.replace(made.directory().people["dana"], token_digest="f" * 64)
    made.transact(made.frame(HOUSE, ADMIN), RegisterPerson(person=dana))
    plan = house().clients[0].policy
    mended = msgspec.structs.replace(plan, max_silent_pm=300)
    made.transact(made.frame("contoso", ADMIN), ChangePolicy(policy=mended))

    assert provision(made, house()) == ()
    assert made.directory().people["dana"].token_digest == "f" * 64
    contoso = made.tenant("contoso")
    assert contoso is not None
    assert contoso.policy == mended


def test_an_empty_plan_makes_the_house_alone() -> None:
    made = office()
    assert provision(made, HousePlan()) == ("store of house",)
    assert made.directory() == Directory()


def dying_at(office: Office, number: int) -> Callable[..., Any]:
    """`transact` of a process that dies before its n-th message."""
    carry, count = office.transact, 0

    def transact(frame: Any, message: Message) -> Any:
        nonlocal count
        count += 1
        if count == number:
            raise Died
        return carry(frame, message)

    return transact


@pytest.mark.parametrize("number", range(1, 11))
def test_a_set_up_that_died_at_any_message_is_finished_by_the_next(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = office(), office()
    provision(whole, house())
    with monkeypatch.context() as patch:
        patch.setattr(broken, "transact", dying_at(broken, number))
        with pytest.raises(Died):
            provision(broken, house())
    provision(broken, house())
    assert broken.directory() == whole.directory()
    assert ledgers(broken) == ledgers(whole)
