"""What people type is understood; what is not understood is never carried out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.arguments import MAX_REASON_CHARACTERS
from bot.core.command_values import (
    Aim,
    Approve,
    Command,
    DeviceQuestion,
    Help,
    Mistyped,
    OnCall,
    Reject,
    Resume,
    RolloutAbort,
    RolloutRollback,
    RolloutStart,
    Status,
    Stop,
    Target,
    Waiting,
    Why,
)
from bot.core.commands import COMMANDS, usage_lines
from bot.core.grammar import MAX_TEXT_CHARACTERS, ClientName, Vocabulary
from bot.core.reading import COMPLETIONS, complete, parse

HERE = Vocabulary(
    clients=(
        ClientName(tenant="contoso", title="Contoso Ltd"),
        ClientName(tenant="mill", title="Old Mill Bakery"),
        ClientName(tenant="oldtown", title="Old Town Library"),
    ),
    codes=("7K2", "9QF"),
    devices=("CONTOSO-PC014", "MILL-SRV01"),
    updates=("KB5099901", "KB5099902"),
)
CONTOSO = Target(aim=Aim.CLIENT, name="contoso")
MILL = Target(aim=Aim.CLIENT, name="mill")
CODE = Target(aim=Aim.CODE, name="7K2")
ALL = Target(aim=Aim.EVERYTHING)

UNDERSTOOD: tuple[tuple[str, Command], ...] = (
    ("waiting", Waiting()),
    ("  WAITING!  ", Waiting()),
    ("status", Status()),
    ("status all", Status()),
    ("status contoso", Status(target=CONTOSO)),
    ("status of Contoso Ltd", Status(target=CONTOSO)),
    ("contoso status", Status(target=CONTOSO)),
    ("status 7k2", Status(target=CODE)),
    ("contoso", Status(target=CONTOSO)),
    ("Contoso Ltd", Status(target=CONTOSO)),
    ("7k2", Status(target=CODE)),
    ("approve 7K2", Approve(code="7K2")),
    ("approve 7k2.", Approve(code="7K2")),
    ("`approve 7K2`", Approve(code="7K2")),
    ("7k2 approve", Approve(code="7K2")),
    ("approve", Approve()),
    ("approve 7K2 please", Approve(code="7K2")),
    ("please approve 7K2", Approve(code="7K2")),
    ("/ring approve 7k2", Approve(code="7K2")),
    ("/approve 7k2", Approve(code="7K2")),
    ("/rollout approve 7k2", Approve(code="7K2")),
    ("@ringmaster approve 7k2", Approve(code="7K2")),
    ("@Ringmaster: approve 7k2", Approve(code="7K2")),
    ("<@U024BE7LH> approve 7k2", Approve(code="7K2")),
    ("<at>Ringmaster</at> approve 7k2", Approve(code="7K2")),
    ("reject 7k2 not tonight", Reject(code="7K2", reason="not tonight")),
    ("reject 7k2 stop contoso now", Reject(code="7K2", reason="stop contoso now")),
    ("7k2 reject known problem", Reject(code="7K2", reason="known problem")),
    ("reject not tonight", Reject(reason="not tonight")),
    ("reject 7k2", Reject(code="7K2")),
    ("why 7K2?", Why(code="7K2")),
    ("why is 7K2", Why(code="7K2")),
    ("stop contoso", Stop(target=CONTOSO)),
    ("contoso stop", Stop(target=CONTOSO)),
    ("Old Mill Bakery stop", Stop(target=MILL)),
    ("stop old mill bakery dough rises", Stop(target=MILL, reason="dough rises")),
    ("stop contoso payroll tonight", Stop(target=CONTOSO, reason="payroll tonight")),
    ("stop 7k2", Stop(target=CODE)),
    ("stop all", Stop(target=ALL)),
    ("stop everything fire", Stop(target=ALL, reason="fire")),
    ("stop", Stop()),
    ("halt", Stop()),
    ("resume contoso", Resume(target=CONTOSO)),
    ("resume", Resume()),
    ("rollout start KB5099901 contoso", RolloutStart(update="KB5099901", client="contoso")),
    ("rollout start contoso KB5099901", RolloutStart(update="KB5099901", client="contoso")),
    ("/rollout start 5099901 for contoso", RolloutStart(update="KB5099901", client="contoso")),
    ("start cve-2026-12345", RolloutStart(update="CVE-2026-12345")),
    ("start 2026-11 old mill bakery", RolloutStart(update="2026-11", client="mill")),
    ("rollout", Status()),
    ("rollout status", Status()),
    ("rollout status 7K2", Status(target=CODE)),
    ("rollout abort 7k2 wrong month", RolloutAbort(code="7K2", reason="wrong month")),
    ("rollout rollback 7k2", RolloutRollback(code="7K2")),
    ("roll back 7k2 prints nothing", RolloutRollback(code="7K2", reason="prints nothing")),
    ("contoso-pc014", DeviceQuestion(name="CONTOSO-PC014")),
    ("CONTOSO-PC014 contoso", DeviceQuestion(name="CONTOSO-PC014", client="contoso")),
    ("status contoso-pc014", DeviceQuestion(name="CONTOSO-PC014")),
    ("oncall", OnCall()),
    ("on call", OnCall()),
    ("help", Help()),
    ("?", Help()),
    ("help stop", Help(topic="stop")),
    ("", Help()),
    ("/ring", Help()),
)

NEAREST: tuple[tuple[str, str], ...] = (
    ("aprove 7k2", "approve 7k2"),
    ("waitng", "waiting"),
    ("hlep", "help"),
    ("sotp contoso", "stop contoso"),
    ("stop contso", "stop contoso"),
    ("contso stop", "stop contoso"),
    ("contso", "contoso"),
    ("sttop contso", "stop contoso"),
    ("approve 7KO", "approve 7K2"),
    ("approve 7kk2", "approve 7K2"),
    ("reject 7kk2 not tonight", "reject 7K2"),
    ("contoso-pc0l4", "CONTOSO-PC014"),
    ("rollout start KB50999O1 contoso", "rollout start KB5099901 contoso"),
    ("rollout start KB5099901 contso", "rollout start KB5099901 contoso"),
    ("rollout strat KB5099901", "rollout start KB5099901"),
    ("KB5099901 contoso", "rollout start KB5099901 contoso"),
    ("can you approve 7k2", "approve 7k2"),
    ("gibberish", "help"),
)


@pytest.mark.parametrize(("text", "meant"), UNDERSTOOD, ids=[text for text, _ in UNDERSTOOD])
def test_a_line_means_what_people_mean_by_it(text: str, meant: Command) -> None:
    assert parse(text, HERE) == meant


@pytest.mark.parametrize(("text", "suggestion"), NEAREST, ids=[text for text, _ in NEAREST])
def test_a_mistyped_line_gets_the_nearest_right_one(text: str, suggestion: str) -> None:
    reading = parse(text, HERE)

    assert isinstance(reading, Mistyped)
    assert reading.suggestion == suggestion
    assert f"`{suggestion}`" in reading.sentence


@pytest.mark.parametrize("text", [text for text, _ in NEAREST])
def test_a_suggestion_can_be_typed_as_it_stands(text: str) -> None:
    reading = parse(text, HERE)

    assert isinstance(reading, Mistyped)
    assert not isinstance(parse(reading.suggestion, HERE), Mistyped)


def test_a_missing_argument_is_answered_with_the_usage() -> None:
    reading = parse("rollout start", HERE)

    assert isinstance(reading, Mistyped)
    assert "`rollout start <update> [client]`" in reading.sentence


def test_a_name_that_resembles_nothing_is_answered_with_the_usage() -> None:
    reading = parse("stop xyzzyx", HERE)

    assert reading == Mistyped(
        suggestion="", sentence="No client 'xyzzyx' here. Usage: `stop <client|id|all> [reason]`."
    )


def test_a_first_word_that_two_clients_share_names_neither() -> None:
    assert isinstance(parse("stop old", HERE), Mistyped)


def test_an_id_is_read_also_when_it_names_nothing_open() -> None:
    assert parse("approve 3zz", HERE) == Approve(code="3ZZ")


def test_too_much_text_is_refused_before_it_is_read() -> None:
    assert isinstance(parse("stop contoso " * MAX_TEXT_CHARACTERS, HERE), Mistyped)


def test_too_long_a_reason_is_refused_and_nothing_is_cut() -> None:
    reading = parse("stop contoso " + "x" * (MAX_REASON_CHARACTERS + 1), HERE)

    assert isinstance(reading, Mistyped)
    assert str(MAX_REASON_CHARACTERS) in reading.sentence


def test_an_unknown_word_is_repeated_only_in_part() -> None:
    reading = parse("stop " + "y" * 900, HERE)

    assert isinstance(reading, Mistyped)
    assert len(reading.sentence) < 200


@pytest.mark.parametrize(
    "line",
    [
        "approve 7K2?",
        "approve?",
        "`approve 7K2?`",
        "approve 7K2? thanks",
        "approve 7K2 test only?",
        "7K2 approve?",
        "resume contoso?",
        "rollout rollback 7K2?",
        "abort 7K2?",
        "did 7K2?",
        "looksright?",
        "unbind?",
    ],
)
def test_a_question_is_never_carried_out(line: str) -> None:
    reading = parse(line, HERE)

    assert isinstance(reading, Mistyped)
    assert "question" in reading.sentence


@pytest.mark.parametrize("line", ["stop contoso?", "reject 7K2 who is there tonight?", "why 7K2?", "status?"])
def test_what_holds_work_back_or_only_looks_may_have_a_question_mark(line: str) -> None:
    assert not isinstance(parse(line, HERE), Mistyped)


@pytest.mark.parametrize("more", ["not yet", "tomorrow", "after lunch", "not before 20:00"])
def test_a_resume_with_words_that_are_not_understood_starts_nothing(more: str) -> None:
    reading = parse(f"resume contoso {more}", HERE)

    assert isinstance(reading, Mistyped)
    assert "nothing was started again" in reading.sentence


def test_every_command_has_its_own_words_and_a_usage_that_begins_with_its_name() -> None:
    words = [word for spec in COMMANDS for word in spec.words]

    assert len(words) == len(set(words))
    for spec in COMMANDS:
        assert spec.usage.startswith(spec.name)
    assert usage_lines() == tuple((spec.usage, spec.summary) for spec in COMMANDS)


NAMES = [
    "contoso",
    "Old",
    "mill",
    "7k2",
    "9QF",
    "7KO",
    "all",
    "KB5099901",
    "CVE-1",
    "for",
    "please",
    "/",
    "`",
    "?",
]
PIECES = st.sampled_from([*(word for spec in COMMANDS for word in spec.words), *NAMES])
LINES = st.lists(PIECES | st.text(max_size=8), max_size=12).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=MAX_TEXT_CHARACTERS + 10) | LINES)
def test_no_text_at_all_makes_parsing_or_completing_fail(text: str) -> None:
    reading = parse(text, HERE)
    bare = parse(text, Vocabulary())

    if isinstance(reading, Mistyped):
        assert reading.sentence
    assert bare is not None
    assert len(complete(text, HERE)) <= COMPLETIONS


@settings(max_examples=200, deadline=None)
@given(words=st.lists(PIECES, max_size=6))
def test_only_names_of_this_conversation_are_ever_suggested(words: list[str]) -> None:
    reading = parse(" ".join(words), Vocabulary(codes=("7K2",)))

    if isinstance(reading, Mistyped):
        assert "9QF" not in reading.suggestion or "9QF" in words


def test_completion_offers_whole_lines() -> None:
    assert complete("sto", HERE)[:2] == ["stop", "stop 7K2"]
    assert complete("stop c", HERE) == ["stop contoso"]
    assert complete("rollout start KB5099902 m", HERE) == ["rollout start KB5099902 mill"]
    assert complete("conto", HERE) == ["CONTOSO-PC014"]
    assert complete("zzz", HERE) == []
    assert complete("", HERE)[0] == "waiting"
