"""What people type and press about small work: a scan, I did this, not done; and who may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import msgspec
import pytest

from bot.core.answers import (
    CardWanted,
    ChoiceAnswer,
    DetailsWanted,
    MistypedAnswer,
    RefusedAnswer,
    ReportedAnswer,
    ScanAnswer,
    VoteAnswer,
    WaitingAnswer,
    WhyAnswer,
)
from bot.core.command_values import Reported, Scan
from bot.core.envelope import BOT
from bot.core.gates import Gate
from bot.core.grammar import ClientName, Vocabulary
from bot.core.intel import Catalogue, Flaw, UpdateRow, build_catalogue
from bot.core.levels import PATCH_SCAN
from bot.core.reading import parse
from bot.core.routine_words import Routine, RoutineStatus
from bot.core.tenants import ChangePolicy, Mode, SetMode
from handlers.queries import fleet, open_gates
from handlers.routines import consider, routines
from tests.builders import KB
from tests.handlers.desk import Desk

S = RoutineStatus
CVE = "CVE-2026-90001"


class Known:
    """One update that closes one exploited flaw."""

    def catalogue(self) -> Catalogue:
        product = "Windows 11 Version 24H2 for x64-based Systems"
        return build_catalogue([UpdateRow(kb=KB, cve=CVE, product=product, posted=date(2026, 11, 10))])

    def flaws(self, cves: object) -> tuple[Flaw, ...]:
        return (Flaw(cve=CVE, exploited=True),)


def all_of(desk: Desk, tenant: str = "contoso") -> list[Routine]:
    with desk.store.read(tenant) as uow:
        return routines(uow)


def set_level(desk: Desk, level: str, tenant: str = "contoso") -> None:
    settings = desk.office.tenant(tenant)
    assert settings is not None
    changed = msgspec.structs.replace(settings.policy, levels={PATCH_SCAN: level})
    desk.tell(ChangePolicy(policy=changed), tenant)


def advise(desk: Desk, tenant: str = "contoso", *names: str) -> Routine:
    """Advice about these devices that waits for a report."""
    set_level(desk, "L3", tenant)
    desk.inventory(tenant, *(names or ("PC1", "PC2")))
    with desk.store.read(tenant) as uow:
        devices, _ = fleet(uow)
    assert consider(desk.office, tenant, Known(), devices)
    return next(one for one in all_of(desk, tenant) if one.status == S.ADVISED)


# --- scan ---


@pytest.mark.parametrize("line", ["scan", "scan contoso", "contoso scan", "rescan contoso please"])
def test_a_scan_that_somebody_asks_for_tells_every_device(desk: Desk, line: str) -> None:
    desk.inventory("contoso", "PC1", "PC2")
    answer = desk.say("dana", line)

    assert isinstance(answer, ScanAnswer)
    assert (answer.devices, answer.level, answer.client.tenant) == (2, "L1", "contoso")
    (routine,) = all_of(desk)
    assert (routine.status, routine.cause.person) == (S.RUNNING, "Dana")


def test_a_scan_in_a_channel_of_several_clients_gets_a_choice(desk: Desk) -> None:
    answer = desk.say("dana", "scan", "staff")

    assert isinstance(answer, ChoiceAnswer)
    assert [line for _, line in answer.options] == ["scan contoso", "scan quagga"]


def test_a_scan_at_level_3_is_refused_with_who_does_it(desk: Desk) -> None:
    set_level(desk, "L3")
    desk.inventory("contoso", "PC1")
    answer = desk.say("dana", "scan")

    assert isinstance(answer, RefusedAnswer)
    assert answer.rule == "level-3"
    assert "People do this themselves here" in answer.why
    assert all_of(desk) == []
    assert desk.refusals() == ["level-3"]


@pytest.mark.parametrize("mode", [Mode.SHADOW, Mode.READ_ONLY])
def test_a_scan_at_a_client_that_is_not_live_is_refused(desk: Desk, mode: Mode) -> None:
    desk.inventory("contoso", "PC1")
    desk.tell(SetMode(mode=mode))
    answer = desk.say("dana", "scan")

    assert isinstance(answer, RefusedAnswer)
    assert (answer.rule, all_of(desk)) == ("held", [])


def test_a_scan_at_a_stopped_client_is_refused(desk: Desk) -> None:
    desk.inventory("contoso", "PC1")
    desk.say("dana", "stop contoso payroll")
    answer = desk.say("dana", "scan")

    assert isinstance(answer, RefusedAnswer)
    assert "stopped by Dana: payroll" in answer.why


def test_a_scan_needs_a_role_that_decides(desk: Desk) -> None:
    desk.inventory("contoso", "PC1")
    answer = desk.say("viv", "scan")

    assert isinstance(answer, RefusedAnswer)
    assert (answer.rule, all_of(desk)) == ("not-entitled", [])


def test_a_scan_before_the_first_reading_says_so(desk: Desk) -> None:
    answer = desk.say("dana", "scan")

    assert isinstance(answer, RefusedAnswer)
    assert answer.rule == "no-fleet"


def test_a_second_scan_while_one_runs_adds_nothing(desk: Desk) -> None:
    desk.inventory("contoso", "PC1")
    desk.say("dana", "scan")
    answer = desk.say("sam", "scan")

    assert isinstance(answer, RefusedAnswer)
    assert (answer.rule, len(all_of(desk))) == ("scan-runs", 1)


def test_the_same_line_delivered_twice_is_one_scan(desk: Desk) -> None:
    desk.inventory("contoso", "PC1")
    desk.say("dana", "scan", delivery="once")
    again = desk.say("dana", "scan", delivery="once")

    assert isinstance(again, RefusedAnswer)
    assert (again.rule, len(all_of(desk))) == ("again", 1)


# --- asked first ---


def asked(desk: Desk) -> tuple[Routine, Gate]:
    """A scan that waits for a yes."""
    set_level(desk, "L2")
    desk.inventory("contoso", "PC1", "PC2")
    desk.say("dana", "scan")
    with desk.store.read("contoso") as uow:
        (gate,) = open_gates(uow)
    return all_of(desk)[0], gate


def test_a_scan_at_level_2_is_asked_for_first(desk: Desk) -> None:
    set_level(desk, "L2")
    desk.inventory("contoso", "PC1")
    answer = desk.say("dana", "scan")

    (routine,) = all_of(desk)
    assert isinstance(answer, ScanAnswer)
    assert (routine.status, answer.code) == (S.ASKED, routine.code)


def test_a_typed_yes_runs_it_and_says_so(desk: Desk) -> None:
    routine, _ = asked(desk)
    answer = desk.say("sam", f"approve {routine.code}")

    (after,) = all_of(desk)
    assert isinstance(answer, VoteAnswer)
    assert (answer.status, answer.first_ring.pcs) == ("approved", 2)
    assert (after.status, after.approved_by) == (S.RUNNING, ("sam",))


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_a_click_decides_it_without_any_further_question(desk: Desk, verb: str) -> None:
    _, gate = asked(desk)
    answer = desk.click("sam", verb, gate)

    assert isinstance(answer, VoteAnswer)
    assert all_of(desk)[0].status == (S.RUNNING if verb == "approve" else S.DROPPED)


def test_a_question_that_nobody_answers_is_not_done(desk: Desk) -> None:
    _, gate = asked(desk)
    desk.wait(seconds=gate.question.rules.expiry_seconds)

    assert (all_of(desk)[0].status, all_of(desk)[0].held) == (S.DROPPED, "expired")


def test_somebody_who_may_not_decide_does_not(desk: Desk) -> None:
    _, gate = asked(desk)
    answer = desk.click("viv", "approve", gate)

    assert isinstance(answer, RefusedAnswer)
    assert all_of(desk)[0].status == S.ASKED


def test_it_is_listed_among_what_waits_and_says_why(desk: Desk) -> None:
    routine, _ = asked(desk)
    waits, why = desk.say("sam", "waiting"), desk.say("sam", f"why {routine.code}")

    assert isinstance(waits, WaitingAnswer)
    assert [item.title for item in waits.mine] == ["Patch scan"]
    assert isinstance(why, WhyAnswer)
    assert "policy says L2" in why.waits_because


def test_why_it_was_asked_is_still_said_when_it_is_decided(desk: Desk) -> None:
    routine, gate = asked(desk)
    desk.click("sam", "approve", gate)
    why = desk.say("sam", f"why {routine.code}")

    assert isinstance(why, WhyAnswer)
    assert "policy says L2" in why.waits_because


def test_the_id_of_advice_brings_its_card(desk: Desk) -> None:
    routine = advise(desk)

    wanted = CardWanted(tenant="contoso", kind="routine", id=routine.id)
    assert desk.say("viv", routine.code) == wanted


def test_a_second_scan_while_one_is_asked_for_adds_nothing(desk: Desk) -> None:
    asked(desk)
    answer = desk.say("sam", "scan")

    assert isinstance(answer, RefusedAnswer)
    assert answer.rule == "scan-runs"


# --- reports ---


@pytest.mark.parametrize(
    ("word", "status"), [("did", S.DID), ("notdone", S.NOT_DONE), ("not done", S.NOT_DONE)]
)
def test_the_typed_way_out_closes_the_advice_with_the_words(
    desk: Desk, word: str, status: RoutineStatus
) -> None:
    routine = advise(desk)
    answer = desk.say("viv", f"{word} {routine.code.lower()} by hand in the RMM")

    (after,) = all_of(desk)
    assert isinstance(answer, ReportedAnswer)
    assert after.status == status
    assert after.report is not None
    assert (after.report.name, after.report.words) == ("Viv", "by hand in the RMM")


def test_without_an_id_the_only_advice_is_meant(desk: Desk) -> None:
    advise(desk)

    assert isinstance(desk.say("dana", "did"), ReportedAnswer)
    assert isinstance(desk.say("dana", "did"), RefusedAnswer)


def test_without_an_id_two_advices_are_a_choice(desk: Desk) -> None:
    codes = {advise(desk).code, advise(desk, "quagga").code}
    answer = desk.say("dana", "notdone", "staff")

    assert isinstance(answer, ChoiceAnswer)
    assert {line for _, line in answer.options} == {f"notdone {code}" for code in codes}


@pytest.mark.parametrize(("verb", "status"), [("did", S.DID), ("not-done", S.NOT_DONE)])
def test_a_click_closes_the_advice(desk: Desk, verb: str, status: RoutineStatus) -> None:
    routine = advise(desk)
    answer = desk.click("viv", verb, routine.id)

    assert isinstance(answer, ReportedAnswer)
    assert all_of(desk)[0].status == status


def test_the_second_report_is_told_who_came_first(desk: Desk) -> None:
    routine = advise(desk)
    desk.click("viv", "did", routine.id)
    answer = desk.click("dana", "not-done", routine.id)

    assert isinstance(answer, RefusedAnswer)
    assert "Viv reported it as done already" in answer.why
    assert all_of(desk)[0].status == S.DID


def test_a_report_on_what_ran_by_itself_is_refused(desk: Desk) -> None:
    desk.inventory("contoso", "PC1")
    desk.say("dana", "scan")
    answer = desk.click("dana", "did", all_of(desk)[0].id)

    assert isinstance(answer, RefusedAnswer)
    assert answer.rule == "not-advised"


@pytest.mark.parametrize("press", ["did", "not-done"])
def test_somebody_without_a_role_reports_nothing(desk: Desk, press: str) -> None:
    routine = advise(desk)
    in_the_channel = desk.click("lou", press, routine.id)
    elsewhere = desk.click("lou", press, routine.id, "dm-lou")

    assert isinstance(in_the_channel, RefusedAnswer)
    assert isinstance(elsewhere, RefusedAnswer)
    assert all_of(desk)[0].status == S.ADVISED


def test_another_clients_advice_cannot_be_found_by_its_id(desk: Desk) -> None:
    routine = advise(desk)
    answer = desk.say("zed", f"did {routine.code}", "quagga")

    assert isinstance(answer, RefusedAnswer)
    assert all_of(desk)[0].status == S.ADVISED


def test_a_button_of_something_that_is_not_there_is_answered(desk: Desk) -> None:
    answer = desk.click("dana", "did", "kev-0000")

    assert isinstance(answer, RefusedAnswer)
    assert answer.rule == "unknown-routine"


def test_details_of_advice_are_the_routines_own(desk: Desk) -> None:
    routine = advise(desk)

    assert desk.click("dana", "details", routine.id) == DetailsWanted(
        tenant="contoso", kind="routine", id=routine.id
    )


def test_no_button_of_ours_can_have_advice_carried_out(desk: Desk) -> None:
    """Whatever verb somebody signs for it: what is left to people is never run."""
    routine = advise(desk)
    for verb in ("approve", "resume", "stop", "scan", "run", "go-on", "take"):
        desk.click("dana", verb, routine.id)

    assert all_of(desk)[0] == routine


# --- the grammar ---

WORDS = Vocabulary(clients=(ClientName(tenant="contoso", title="Contoso"),), codes=("7K2",))


@pytest.mark.parametrize(
    ("line", "reading"),
    [
        ("scan", Scan()),
        ("scan contoso", Scan(client="contoso")),
        ("please scan contoso now", Scan(client="contoso")),
        ("did 7k2", Reported(did=True, code="7K2")),
        ("7K2 did", Reported(did=True, code="7K2")),
        ("did 7K2 both servers too", Reported(did=True, code="7K2", words="both servers too")),
        ("not done 7K2 offline", Reported(did=False, code="7K2", words="offline")),
        ("did", Reported(did=True)),
    ],
)
def test_lines_that_are_understood(line: str, reading: object) -> None:
    assert parse(line, WORDS) == reading


@pytest.mark.parametrize("line", ["did you scan contoso", "did it work", "scan everything", "scan contso"])
def test_lines_that_are_not_carried_out(line: str) -> None:
    parsed: Callable[..., object] = parse

    assert "Mistyped" in type(parsed(line, WORDS)).__name__


def test_an_unknown_client_is_answered_with_the_nearest(desk: Desk) -> None:
    answer = desk.say("dana", "scan contso")

    assert isinstance(answer, MistypedAnswer)
    assert answer.suggestion == "scan contoso"


def test_the_bot_proposes_in_its_own_name(desk: Desk) -> None:
    advise(desk)
    (entry,) = [one for one in desk.entries() if one.facts and one.facts[0].kind == "routine"]

    assert entry.frame.actor == BOT
