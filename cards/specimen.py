"""Cards about nothing that use every element, button style and field: the reference for renderers.

All names and numbers are invented.
"""

from __future__ import annotations

from datetime import UTC, datetime

from cards.model import (
    Card,
    ChoiceField,
    DateTimeField,
    Divider,
    Emphasis,
    Form,
    Image,
    MomentStyle,
    MultiChoiceField,
    Option,
    Progress,
    Shape,
    Status,
    TextField,
    button,
    code,
    context,
    facts,
    line,
    moment,
    strong,
    table,
)

_START = datetime(2026, 11, 16, 21, 30, tzinfo=UTC)
_ANSWER_BY = datetime(2026, 11, 16, 21, 15, tzinfo=UTC)
_NEXT = datetime(2026, 11, 19, 21, 30, tzinfo=UTC)
_VALUE = "v1.fernhill.4QT.{verb}.0f1e2d3c.c0ffee"


def _value(verb: str) -> str:
    return _VALUE.format(verb=verb)


QUESTION = Card(
    push="4QT Approve? Fernhill Dental updates, 31 PCs. Answer by 22:15",
    title="Approve? Fernhill Dental: November updates, 31 PCs, 0 servers",
    status=Status(shape=Shape.QUESTION, word="Needs a decision"),
    body=(
        line("Starts ", moment(_START), ": 2 test PCs first, the other 29 when those are clean."),
        line("Installs ", strong("KB5099911"), " on all 31."),
        line(
            "If nobody answers by ", moment(_ANSWER_BY, MomentStyle.TIME), ": not done. Next ", moment(_NEXT)
        ),
        context("Needs 1 of Mara, Tomas, because the policy says that patches ask. #300417"),
    ),
    buttons=(
        button("Approve", "approve", _value("approve"), style="primary"),
        button("Reject", "reject", _value("reject")),
        button("Details", "details", _value("details")),
    ),
    key="gate:4QT",
    mention=("mara", "tomas"),
    typed="approve 4QT",
)

RUNNING = Card(
    push="Fernhill Dental: 12 of 31 PCs updated, nothing failed",
    title="Running. Fernhill Dental: November updates, ring 2 of 3",
    status=Status(shape=Shape.RUNNING, word="Running"),
    body=(
        Progress(done=12, total=31, label="PCs done, 0 failed"),
        facts(("Test PCs", "2 of 2 fine"), ("Next", (moment(_NEXT), ", 19 PCs"))),
        line("Last device asked at ", moment(_START, MomentStyle.TIME), ".", emphasis=Emphasis.SUBTLE),
    ),
    buttons=(
        button(
            "Stop",
            "stop",
            _value("stop"),
            style="danger",
            confirm="Start nothing new at Fernhill Dental? What is mid-install will finish.",
        ),
        button("Details", "details", _value("details")),
    ),
    key="rollout:4QT",
    typed="stop fernhill",
)

EVERYTHING = Card(
    push="Report ready: Fernhill Dental, October",
    title="October at Fernhill Dental",
    status=Status(shape=Shape.NOTE, word="For information"),
    body=(
        line("All lines of this card are examples.", emphasis=Emphasis.STRONG),
        table(
            ("Device", "Update", "Installed"),
            (
                ("FERN-PC03", (code("KB5099911"),), (moment(_START),)),
                ("FERN-PC09", (code("KB5099911"),), "not yet: off since Friday"),
            ),
        ),
        Divider(),
        facts(("Day of report", (moment(_START, MomentStyle.DAY),)), ("Digest", (code("5f1c08aa"),))),
        Image(
            alt="30 of 31 PCs have the update",
            svg='<svg xmlns="http://www.w3.org/2000/svg" width="240" height="16">'
            '<rect width="240" height="16" fill="#ccd6d4"/>'
            '<rect width="232" height="16" fill="#1f6468"/></svg>',
        ),
        Image(alt="The status page of the vendor", url="https://status.example.com/"),
        Progress(done=30, total=31, label="PCs done"),
        context("Written by the demo. ", strong("Nothing"), " of it is real."),
    ),
    key="report:fernhill:2026-10",
    phone=False,
)

DONE = Card(
    push="Done: Fernhill Dental, 31 of 31 PCs updated",
    title="Done, nothing to do. Fernhill Dental: 31 of 31 PCs updated",
    status=Status(shape=Shape.DONE, word="Done"),
    key="done:4QT",
)

STOPPED = Card(
    push="STOPPED Fernhill Dental: 2 of 4 PCs did not come back",
    title="Stopped 22:58. Fernhill Dental: 2 PCs down, 0 servers down",
    status=Status(shape=Shape.STOPPED, word="Stopped"),
    body=(line("Nothing else happens until a person decides."),),
    buttons=(button("I have it", "take", _value("take"), style="primary"),),
    key="page:4QT",
)

FORM = Form(
    title="Change the start at Fernhill Dental",
    fields=(
        ChoiceField(
            name="which",
            label="Which PCs",
            options=(
                Option(value="test", label="Test PCs only"),
                Option(value="all", label="All as planned"),
            ),
            initial="all",
        ),
        MultiChoiceField(
            name="without",
            label="Leave out",
            options=(Option(value="pc03", label="FERN-PC03"), Option(value="pc09", label="FERN-PC09")),
            hint="They follow in the next window.",
            max_chosen=1,
        ),
        DateTimeField(
            name="start", label="Start", zone="Europe/Prague", initial=_START, earliest=_START, latest=_NEXT
        ),
        TextField(name="reason", label="Why", hint="The client reads this.", min_characters=3, lines=3),
        TextField(name="ticket", label="Ticket", required=False, max_characters=20),
    ),
    submit=button("Send the change", "change", _value("change"), style="primary"),
    note="A later start is within what was shown; anything else asks everybody again.",
)

EXAMPLES: dict[str, Card] = {
    "question": QUESTION,
    "running": RUNNING,
    "stopped": STOPPED,
    "done": DONE,
    "everything": EVERYTHING,
}
FORM_EXAMPLES: dict[str, Form] = {"form": FORM}
