"""Deliveries of a code forge at the desk of desk.py: verified, kept, digested when a test says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from bot.core.deployments import Deployment, deployment_key
from bot.core.notices import Notice
from bot.core.pipeline_news import (
    AnswerNews,
    DeploymentNews,
    DeployState,
    News,
    PingNews,
    Production,
    RunNews,
    RunState,
    StatusNews,
)
from bot.core.vocabulary import encode
from handlers.hands import load_state
from handlers.inbox import Drained
from handlers.tenant_inbox import drain_tenant, keep_for_tenant
from tests.builders import NOW
from tests.handlers.desk import Desk


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A verified delivery, as a connector hands it on."""

    delivery_id: str
    event_type: str
    content: bytes


def keep(desk: Desk, news: News, delivery: str, tenant: str = "contoso", source: str = "github") -> None:
    """One delivery, durable."""
    told = Told(delivery_id=delivery, event_type="event", content=encode(news))
    keep_for_tenant(desk.office, tenant, source, told, b"{}", desk.at)


def tell(desk: Desk, news: News, delivery: str, tenant: str = "contoso") -> Drained:
    """Kept and digested."""
    keep(desk, news, delivery, tenant)
    return drain_tenant(desk.office, tenant)


def failure(number: int = 1, deployment: int = 9001, **changes: Any) -> DeploymentNews:
    """A production deployment failed; changes are of the deployment."""
    news = DeploymentNews(
        repository="acme/shop",
        deployment_id=deployment,
        environment="production",
        ref="v4.13",
        sha="",
        by="jlee",
        url="https://github.com/acme/shop/deployments/production",
        created_at=NOW,
        production=Production.LISTED,
        status=StatusNews(
            status_id=number,
            state=DeployState.FAILURE,
            at=NOW + timedelta(seconds=number),
            environment="production",
            description="Smoke test failed",
            by="bot",
            url="https://github.com/acme/shop/actions/runs/501",
        ),
    )
    return msgspec.structs.replace(news, **changes)


def waits(run_id: int = 501, production: Production | None = Production.LISTED) -> AnswerNews:
    """A deployment waits for an answer at the forge."""
    return AnswerNews(
        repository="acme/shop",
        environment="production" if production else "staging",
        ref="main",
        sha="",
        by="jlee",
        url=f"https://github.com/acme/shop/actions/runs/{run_id}",
        run_id=run_id,
        production=production,
    )


def green() -> RunNews:
    """A pipeline ended well."""
    return RunNews(
        repository="acme/shop",
        run_id=501,
        attempt=1,
        state=RunState.COMPLETED,
        name="build",
        branch="main",
        sha="",
        event="push",
        by="jlee",
        url="",
        at=NOW,
        conclusion="success",
    )


PING = PingNews(hook_id=11)


def notices_of(desk: Desk, tenant: str = "contoso") -> list[Notice]:
    """All notices of a client, as committed."""
    with desk.store.read(tenant) as uow:
        found = [load_state(uow, "notice", row.id)[0] for row in uow.find("notice")]
    return sorted(found, key=lambda notice: (notice.raised_at, notice.id))


def deployment_of(desk: Desk, number: int = 9001, tenant: str = "contoso") -> Deployment:
    """A deployment as committed."""
    with desk.store.read(tenant) as uow:
        found: Deployment = load_state(uow, "deployment", deployment_key("acme/shop", number))[0]
    return found
