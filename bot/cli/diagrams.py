"""`diagrams`: the state diagrams of the machines, drawn from the very tables that the core obeys.

Printed as the text of docs/machines.md (Mermaid in Markdown); `--write` puts it there. A test compares.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

from bot.cli.printed import add_write, print_or_write
from bot.core import deployments, gates, notices, pages, pipelines, project_words, routine_words
from bot.core.pipeline_news import DeployState, RunState
from bot.core.rollout.state import DEVICE_MOVES, STATUS_MOVES, DeviceState, RolloutStatus

PAGE: Final = Path("docs/machines.md")
HEAD: Final = """# The machines

Printed by `python -m bot diagrams --write` from the tables in `bot/core`; a test fails when the two differ.
What does not stand here cannot happen: a person who asks for it is refused in words, and a recorded fact that
claims it is a broken record.
"""

Move = tuple[StrEnum | None, StrEnum, str]
"""From where (nothing yet: None), to where, and what is said about it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    add_write(parser, PAGE)


def run(args: argparse.Namespace) -> int:
    """Print, or write where the documents are."""
    return print_or_write(page(), PAGE, write=args.write)


def page() -> str:
    """The whole document."""
    return "\n".join(
        (
            HEAD,
            _section("Gate", "A question to people, decided once (`bot/core/gates.py`).", gate_moves()),
            _section("Rollout", "The whole of it (`bot/core/rollout/state.py`).", rollout_moves()),
            _section("Device", "One device of a rollout (`bot/core/rollout/state.py`).", device_moves()),
            _section("Page", "A call to one person (`bot/core/pages.py`).", page_moves()),
            _section(
                "Routine",
                "Small work that the bot does by itself, or advises (`bot/core/routines.py`).",
                routine_moves(),
            ),
            _section(
                "Project",
                "A project in phases; the same for each of them (`bot/core/projects.py`).",
                project_moves(),
            ),
            _section("Notice", "Something people were told (`bot/core/notices.py`).", notice_moves()),
            _section(
                "Deployment", "As the forge tells of it (`bot/core/deployments.py`).", deployment_moves()
            ),
            _section(
                "Pipeline", "One attempt of a pipeline run (`bot/core/pipelines.py`).", pipeline_moves()
            ),
        )
    )


def gate_moves() -> list[Move]:
    """Each fact that may happen to a gate, and where it leads."""
    return [
        (start, to, fact.__name__)
        for start, facts in gates.MOVES.items()
        for fact, reached in facts.items()
        for to in _in_order(gates.GateStatus, reached)
    ]


def rollout_moves() -> list[Move]:
    """Each move of a rollout as a whole."""
    return [
        (start, to, "") for start, reached in STATUS_MOVES.items() for to in _in_order(RolloutStatus, reached)
    ]


def device_moves() -> list[Move]:
    """Each move of one device; every one begins as planned."""
    return [(None, DeviceState.PLANNED, ""), *_plain(DEVICE_MOVES)]


def page_moves() -> list[Move]:
    """Each fact that may happen to a page, and where it leads."""
    return [(start, to, fact.__name__) for start, facts in pages.MOVES.items() for fact, to in facts.items()]


def routine_moves() -> list[Move]:
    """Each fact that may happen to a routine, and where it leads."""
    return [
        (start, to, fact.__name__)
        for start, facts in routine_words.MOVES.items()
        for fact, reached in facts.items()
        for to in _in_order(routine_words.RoutineStatus, reached)
    ]


def project_moves() -> list[Move]:
    """Each fact that may happen to a project, and where it leads."""
    return [
        (start, to, fact.__name__)
        for start, facts in project_words.MOVES.items()
        for fact, reached in facts.items()
        for to in _in_order(project_words.ProjectStatus, reached)
    ]


def notice_moves() -> list[Move]:
    """Each fact that may happen to a notice, and where it leads."""
    return [
        (start, to, fact.__name__)
        for start, facts in notices.MOVES.items()
        for fact, reached in facts.items()
        for to in reached
    ]


def deployment_moves() -> list[Move]:
    """Each move of a deployment."""
    return [
        (start, to, "")
        for start, reached in deployments.MOVES.items()
        for to in _in_order(DeployState, reached)
    ]


def pipeline_moves() -> list[Move]:
    """Each move of a pipeline run; one may be seen first in any state."""
    return [
        (start, to, "") for start, reached in pipelines.MOVES.items() for to in _in_order(RunState, reached)
    ]


def _plain(moves: Mapping[DeviceState, frozenset[DeviceState]]) -> Iterable[Move]:
    return ((start, to, "") for start in moves for to in _in_order(DeviceState, moves[start]))


def _in_order(states: type[StrEnum], some: Iterable[StrEnum]) -> list[StrEnum]:
    """As the enumeration has them: sets have no order, and a document must not change by chance."""
    wanted = set(some)
    return [state for state in states if state in wanted]


def _section(title: str, text: str, moves: list[Move]) -> str:
    return "\n".join((f"## {title}", "", text, "", "```mermaid", *_diagram(moves), "```", ""))


def _diagram(moves: list[Move]) -> list[str]:
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    names: dict[str, str] = {}
    left: set[str] = set()
    for start, to, label in moves:
        names[_id(to)] = to.value
        arrows[(_id(start), _id(to))] += [label] if label else []
        if start != to:
            left.add(_id(start))
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{name}" as {id}' for id, name in names.items() if id != name]
    lines += [
        f"    {a} --> {b}" + (f" : {', '.join(said)}" if said else "") for (a, b), said in arrows.items()
    ]
    return lines + [f"    {id} --> [*]" for id in names if id not in left]


def _id(state: StrEnum | None) -> str:
    """Mermaid takes no hyphen in a name; the dot stands for "nothing yet"."""
    return "[*]" if state is None else state.value.replace("-", "_")
