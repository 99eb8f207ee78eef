"""What people type about projects is understood; what is not is never carried out."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.command_values import (
    Aim,
    Approve,
    Command,
    Mistyped,
    PhaseAdvance,
    PhaseDone,
    PhaseStart,
    PhaseStatus,
    Reject,
    Target,
)
from bot.core.grammar import ClientName, Vocabulary
from bot.core.reading import complete, parse

HERE = Vocabulary(
    clients=(ClientName(tenant="contoso", title="Contoso Ltd"), ClientName(tenant="mill", title="Old Mill")),
    codes=("2PC", "P3D"),
    templates=("mail-migration", "firewall"),
    criteria=("mx-ttl", "backup"),
)
CODE = Target(aim=Aim.CODE, name="2PC")

UNDERSTOOD: tuple[tuple[str, Command], ...] = (
    ("phase start mail-migration", PhaseStart(template="mail-migration")),
    ("phase start mail-migration contoso", PhaseStart(template="mail-migration", client="contoso")),
    ("Phase start Mail-Migration for Contoso Ltd", PhaseStart(template="mail-migration", client="contoso")),
    ("phase start contoso firewall please", PhaseStart(template="firewall", client="contoso")),
    ("/phase begin firewall", PhaseStart(template="firewall")),
    ("phase", PhaseStatus()),
    ("phases", PhaseStatus()),
    ("/phase status", PhaseStatus()),
    ("phase list", PhaseStatus()),
    ("phase status 2pc", PhaseStatus(target=CODE)),
    ("phase 2PC", PhaseStatus(target=CODE)),
    ("phase status of contoso", PhaseStatus(target=Target(aim=Aim.CLIENT, name="contoso"))),
    ("phase advance", PhaseAdvance()),
    ("phase advance 2pc", PhaseAdvance(code="2PC")),
    ("phase next 2pc now", PhaseAdvance(code="2PC")),
    ("phase done mx-ttl", PhaseDone(criterion="mx-ttl")),
    ("phase done MX-TTL 2PC lowered it", PhaseDone(criterion="mx-ttl", code="2PC", words="lowered it")),
    ("phase done 2PC mx-ttl lowered it", PhaseDone(criterion="mx-ttl", code="2PC", words="lowered it")),
    ("phase done backup read back two mails", PhaseDone(criterion="backup", words="read back two mails")),
    ("phase met backup", PhaseDone(criterion="backup")),
    ("phase approve P3D", Approve(code="P3D")),
    ("phase go p3d", Approve(code="P3D")),
    ("phase not-yet P3D no date", Reject(code="P3D", reason="no date")),
    ("phase no-go P3D", Reject(code="P3D")),
)

MISTYPED: tuple[tuple[str, str], ...] = (
    ("phase start", ""),
    ("phase start mail-migratoin", "phase start mail-migration"),
    ("phase start mail-migration contso", "phase start mail-migration contoso"),
    ("phase start nothing-like-it-xyz", ""),
    ("phase advnce 2PC", "phase advance 2PC"),
    ("phase advance contoso", ""),
    ("phase done", ""),
    ("phase done bakup", "phase done backup"),
    ("phase done bakup 2PC all of it", "phase done backup 2PC all of it"),
    ("phase done qqqqqqq", ""),
    (f"phase done backup {'x' * 301}", ""),
)


@pytest.mark.parametrize(("line", "command"), UNDERSTOOD)
def test_a_line_about_a_project_is_understood(line: str, command: Command) -> None:
    assert parse(line, HERE) == command


@pytest.mark.parametrize(("line", "suggestion"), MISTYPED)
def test_a_line_that_is_not_understood_gets_the_nearest_right_form(line: str, suggestion: str) -> None:
    reading = parse(line, HERE)

    assert isinstance(reading, Mistyped)
    assert reading.suggestion == suggestion
    assert not suggestion or not isinstance(parse(suggestion, HERE), Mistyped)


def test_nothing_can_be_named_where_nothing_is_known() -> None:
    nowhere = Vocabulary()

    assert isinstance(parse("phase start mail-migration", nowhere), Mistyped)
    assert isinstance(parse("phase done backup", nowhere), Mistyped)


def test_lines_about_projects_are_completed() -> None:
    assert complete("phase start f", HERE) == [
        "phase start firewall", "phase start firewall mill", "phase start firewall contoso",
    ]  # fmt: skip
    assert complete("phase done m", HERE) == ["phase done mx-ttl"]
    assert complete("phase adv", HERE) == ["phase advance", "phase advance 2PC", "phase advance P3D"]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.booleans())
def test_whatever_follows_phase_there_is_a_reading(words: str, known: bool) -> None:
    reading = parse(f"phase {words}", HERE if known else Vocabulary())

    assert msgspec.json.encode(reading)
