"""The second golden story: what the first release with chat platforms can record beside the first story.

Accounts are linked and conversations bound, an update is approved for fewer devices than were asked, a scan
runs by itself and is told afterwards, advice is reported on, a deployment fails, a project goes its phases.
"""

from __future__ import annotations

from typing import Final

import msgspec

from bot.core import directory, tenants
from bot.core.actions import Accepted
from bot.core.deployments import Attention, NoteDeployment, deployment_key
from bot.core.envelope import BOT, HOUSE, Actor, Proof
from bot.core.inbound import Heard
from bot.core.levels import PATCH_SCAN
from bot.core.narrowing import Narrowing
from bot.core.notices import ReviewNotice, Verdict
from bot.core.pipeline_news import DeploymentNews, DeployState, Production, RunNews, RunState, StatusNews
from bot.core.pipelines import NoteRun, pipeline_key
from bot.core.ports import Store
from bot.core.routine_words import Cause, RepeatOrder, Routine, SettleOrder
from handlers.chat import PlanWanted, hear
from handlers.hands import load_state
from handlers.phase_templates import load_templates
from handlers.projects import projects_here
from handlers.queries import open_gates
from handlers.routines import propose, routine_id
from tests.handlers.ledger_story import CLIENT, CONNECTOR, Story, _snapshot, as_person

FORGE: Final = Actor(kind="connector", id="github")
CHANNEL: Final = "slack:T1:C1"
DANAS: Final = directory.Identity(surface="slack", realm="T1", user="U1")


def tell_second_story(store: Store) -> Story:
    """The whole of it."""
    story = Story(store)
    story.office.templates = load_templates()
    story.set_up()
    _places(story)
    _fewer(story)
    _scan(story)
    _advice(story)
    _forge(story)
    _project(story)
    return story


def _places(story: Story) -> None:
    """An account, a channel that is bound, moved and unbound."""
    story.tell(directory.LinkIdentity(person="dana", identity=DANAS), tenant=HOUSE)
    other = msgspec.structs.replace(DANAS, user="U2")
    story.tell(directory.LinkIdentity(person="sam", identity=other), tenant=HOUSE)
    story.tell(directory.UnlinkIdentity(identity=other), tenant=HOUSE)
    _type(story, "dana", "bind contoso", CHANNEL)
    story.tell(directory.MoveConversation(conversation=CHANNEL, address="elsewhere"), tenant=HOUSE)
    _type(story, "dana", "unbind", CHANNEL)


def _type(story: Story, person: str, text: str, room: str = CLIENT) -> None:
    def nothing_planned(wanted: PlanWanted) -> None:
        raise AssertionError("nothing is planned here")

    heard = Heard(
        conversation=room,
        person=person,
        proof=Proof.SLACK_SIGNATURE,
        text=text,
        delivery_id=story.clock.new_id(),
        received_at=story.clock.now(),
    )
    hear(story.office, heard, nothing_planned)  # type: ignore[arg-type]  # it never answers


def _fewer(story: Story) -> None:
    """One of two devices, then nobody needs the other any more."""
    asked = story.recommend("d1", "d2")
    story.vote(asked, "dana", changes=Narrowing(rings=1))
    story.wait(seconds=1)
    story.install(asked, "d1")
    story.soak(asked)
    assert story.status(asked) == "completed"


def _levels(story: Story, level: str) -> None:
    """The client's policy sets how far the bot goes with scans."""
    with story.store.read(CLIENT) as uow:
        policy = load_state(uow, "tenant", tenants.SELF)[0].policy
    changed = msgspec.structs.replace(policy, levels={PATCH_SCAN: level})
    story.tell(tenants.ChangePolicy(policy=changed), as_person("dana"))


def _match(story: Story, flaw: str) -> Routine:
    """A flaw that is open on two devices has become known to be exploited."""
    tenant = story.office.tenant(CLIENT)
    assert tenant is not None
    id = routine_id("kev", flaw)
    propose(
        story.office,
        tenant,
        id=id,
        area=PATCH_SCAN,
        cause=Cause(trigger="kev", flaws=(flaw,)),
        devices=[_snapshot("d1"), _snapshot("d2")],
        frame=story.office.frame(CLIENT, BOT, cause=f"kev:{flaw}"),
    )
    with story.store.read(CLIENT) as uow:
        made: Routine = load_state(uow, "routine", id)[0]
    return made


def _scan(story: Story) -> None:
    """Runs at once, one order is cut off and given again, is told afterwards, looks right."""
    _levels(story, "L1")
    running = _match(story, "CVE-2026-90001")
    story.tell(RepeatOrder(routine=running.id, key=running.actions[0].key))
    for action in running.actions:
        story.tell(SettleOrder(routine=running.id, key=action.key, outcome=Accepted()), CONNECTOR)
    with story.store.read(CLIENT) as uow:
        notice = uow.find("notice")[0].id
    standing = story.standing("sam")
    review = ReviewNotice(notice=notice, verdict=Verdict.LOOKS_RIGHT, standing=standing)
    story.tell(review, as_person("sam"))


def _advice(story: Story) -> None:
    """At L2 a person says no; at L3 people do it and say so."""
    _levels(story, "L2")
    asked = _match(story, "CVE-2026-90002")
    with story.store.read(CLIENT) as uow:
        gate = load_state(uow, "gate", asked.gate)[0]
    _type(story, "sam", f"reject {gate.code} not today")
    _levels(story, "L3")
    advised = _match(story, "CVE-2026-90003")
    _type(story, "sam", f"did {advised.code} by hand")


def _forge(story: Story) -> None:
    """A run turns red, a production deployment fails twice."""
    at = story.clock.now()
    run = RunNews(
        repository="acorn/shop",
        run_id=7,
        attempt=1,
        state=RunState.COMPLETED,
        name="build",
        branch="main",
        sha="a" * 40,
        event="push",
        by="jlee",
        url="",
        at=at,
        conclusion="failure",
    )
    story.tell(NoteRun(pipeline=pipeline_key("acorn/shop", 7, 1), news=run), FORGE)
    for number in (41, 42):
        status = StatusNews(
            status_id=number,
            state=DeployState.FAILURE,
            at=at,
            environment="production",
            description="smoke test",
            by="jlee",
            url="",
        )
        news = DeploymentNews(
            repository="acorn/shop",
            deployment_id=number,
            environment="production",
            ref="main",
            sha="a" * 40,
            by="jlee",
            url="",
            created_at=at,
            production=Production.LISTED,
            status=status,
        )
        key = deployment_key("acorn/shop", number)
        attention = Attention(on_call="dana", day="2026-11-16")
        story.tell(NoteDeployment(deployment=key, news=news, attention=attention), FORGE)


def _project(story: Story) -> None:
    """Started, a must is said to be met, held once, advanced."""
    for person, text in (
        ("dana", "phase start mail-migration"),
        ("sam", "phase done mailboxes agreed on Monday"),
        ("dana", "phase advance"),
        ("dana", "phase done contact P. Meyer decides"),
    ):
        _type(story, person, text)
    with story.store.read(CLIENT) as uow:
        (gate,) = open_gates(uow)
    _type(story, "sam", f"reject {gate.code} not ready")
    _type(story, "dana", "phase advance")
    with story.store.read(CLIENT) as uow:
        (gate,) = open_gates(uow)
    _type(story, "sam", f"approve {gate.code}")
    with story.store.read(CLIENT) as uow:
        (project,) = projects_here(uow)
    assert project.phase == 1
