"""News from a code forge, as a client's inbox kept it: recorded as facts, told to people where it must be.

Who is on call the house knows; it is asked here, at the moment of telling, and passed in as a value.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from bot.core.deployments import Attention, NoteDeployment, deployment_key
from bot.core.envelope import Actor
from bot.core.notices import AnswerWanted, Link, RaiseNotice, day_of, notice_id
from bot.core.pipeline_news import AnswerNews, DeploymentNews, News, PingNews, RunNews
from bot.core.pipelines import NoteRun, pipeline_key
from bot.core.vocabulary import Message
from handlers.notices import person_to_tell, zone_at
from handlers.office import Office

FORGE: Final = Actor(kind="connector", id="github")
RULE: Final = "deployments that wait for an answer are told (L1, the default)"

_NEWS: Final = msgspec.json.Decoder[News](News)


def digest(office: Office, tenant: str, id: str, content: bytes, at: datetime) -> None:
    """One delivery becomes one message at most; a ping only proves that the way is open."""
    message = _message(office, tenant, _NEWS.decode(content), at)
    if message is not None:
        office.transact(office.frame(tenant, FORGE, received_at=at, id=id, cause=id), message)


def _message(office: Office, tenant: str, news: News, at: datetime) -> Message | None:
    match news:
        case PingNews():
            return None
        case RunNews():
            return NoteRun(pipeline=pipeline_key(news.repository, news.run_id, news.attempt), news=news)
        case DeploymentNews():
            return NoteDeployment(
                deployment=deployment_key(news.repository, news.deployment_id),
                news=news,
                attention=_attention(office, tenant, at),
            )
        case AnswerNews():
            return _answer_wanted(office, tenant, news, at)


def _attention(office: Office, tenant: str, at: datetime) -> Attention:
    return Attention(day=day_of(at, zone_at(office, tenant)), on_call=person_to_tell(office, tenant))


def _answer_wanted(office: Office, tenant: str, news: AnswerNews, at: datetime) -> RaiseNotice:
    """One notice for each run and environment. Outside production nobody is called for it."""
    day = day_of(at, zone_at(office, tenant))
    about = f"answer-wanted:{news.repository.lower()}:{news.environment.casefold()}:{news.run_id or news.sha}"
    return RaiseNotice(
        notice=notice_id(about, day),
        about=about,
        day=day,
        happening=AnswerWanted(
            repository=news.repository,
            environment=news.environment,
            ref=news.ref,
            sha=news.sha,
            by=news.by,
            at=at,
            run_id=news.run_id,
        ),
        allowed_by=RULE,
        needs_person=True,
        on_call=person_to_tell(office, tenant) if news.production else "",
        links=(Link(label="Answer there", url=news.url),) if news.url else (),
        occurrence=about,
    )
