"""Example cards of notices: a production deployment that failed, once and again, and a gate at the forge."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from bot.core.notices import AnswerWanted, DeployFailed, DevicesScanned, Link, Notice, Review, Undo
from bot.core.pipeline_news import DeployState
from cards import sample
from cards.model import Card
from cards.notice import notice_card, notice_details, recall_card
from cards.views import NoticeView

_change = msgspec.structs.replace

FAILED = Notice(
    id="n-0f1e2d3c4b5a6978",
    code="5RD",
    about="deploy-failed:fernhill/shop:production",
    day="2026-11-16",
    happening=DeployFailed(
        repository="fernhill/shop",
        environment="production",
        ref="v4.13",
        sha="f95f852bd8fca8fcc58a9a2d6c842781e32a215e",
        by="jlee",
        state=DeployState.FAILURE,
        description="Smoke test failed",
        at=sample.NOW - timedelta(minutes=2),
    ),
    allowed_by="failed production deployments are told (L1, the default)",
    raised_at=sample.NOW - timedelta(minutes=1),
    last_at=sample.NOW - timedelta(minutes=1),
    needs_person=True,
    on_call="mara",
    links=(Link(label="Deployment", url="https://github.com/fernhill/shop/actions/runs/289782451"),),
)
WAITS = _change(
    FAILED,
    id="n-1f1e2d3c4b5a6978",
    code="6TX",
    about="answer-wanted:fernhill/shop:release:23625057533",
    happening=AnswerWanted(
        repository="fernhill/shop",
        environment="release",
        ref="main",
        sha="47efb7196c2a1a2fd3f52f2c59f0e2dd3d0e4d54",
        by="jlee",
        at=sample.NOW - timedelta(minutes=1),
        run_id=23625057533,
    ),
    allowed_by="deployments that wait for an answer are told (L1, the default)",
    links=(Link(label="Answer there", url="https://github.com/fernhill/shop/actions/runs/23625057533"),),
)
SCANNED = _change(
    FAILED,
    id="n-2f1e2d3c4b5a6978",
    code="7WD",
    about="scan:kev-0f1e2d3c4b5a6978",
    happening=DevicesScanned(
        routine="kev-0f1e2d3c4b5a6978",
        devices=12,
        taken=12,
        left_out=0,
        flaws=("CVE-2026-90001",),
        asked_by="",
        at=sample.NOW - timedelta(minutes=1),
    ),
    allowed_by="policy “patch scan after a KEV match” (L1)",
    needs_person=False,
    on_call="",
    links=(),
)
GAPS = _change(SCANNED.happening, taken=10, left_out=7, flaws=(), asked_by="Mara")
_REVIEWED = {"reviewer": "tomas", "reviewer_name": "Tomas", "reviewed_at": sample.NOW}
_HOSTILE = "]\u202e<b>x</b> *y* `z`\n# " + "w" * 300


def view(notice: Notice, **changes: Any) -> NoticeView:
    """A view of the invented client."""
    fields: dict[str, Any] = {
        "notice": notice,
        "client": sample.CLIENT,
        "names": sample.NAMES,
        "buttons": sample.buttons("looks-right", "flag", "details", "restore"),
        "now": sample.NOW,
        "zone": sample.ZONE,
    }
    return NoticeView(**(fields | changes))


def _hostile() -> Notice:
    wild = _change(
        FAILED.happening,
        repository=f"owner/{'r' * 100}",
        environment=_HOSTILE,
        ref=_HOSTILE,
        by=_HOSTILE,
        description=_HOSTILE,
    )
    return _change(FAILED, happening=wild, times=1203)


EXAMPLES: dict[str, Card] = {
    "failed": notice_card(view(FAILED)),
    "failed-again": notice_card(view(_change(FAILED, times=3))),
    "failed-nobody-on-call": notice_card(view(_change(FAILED, on_call=""))),
    "failed-long-ago": notice_card(view(_change(FAILED, times=2), now=sample.NOW + timedelta(days=2))),
    "failed-looks-right": notice_card(view(_change(FAILED, review=Review.LOOKS_RIGHT, **_REVIEWED))),
    "failed-flagged": notice_card(view(_change(FAILED, review=Review.FLAGGED, **_REVIEWED))),
    "failed-hostile-words": notice_card(view(_hostile(), client="W" * 120)),
    "recall": recall_card(view(_change(FAILED, times=3))),
    "waits": notice_card(view(WAITS)),
    "scanned": notice_card(view(SCANNED)),
    "scanned-with-gaps": notice_card(view(_change(SCANNED, happening=GAPS))),
    "with-undo": notice_card(view(_change(FAILED, undo=Undo(label="Put 4.12 back", verb="restore")))),
    "details": notice_details(view(_change(FAILED, times=3, review=Review.FLAGGED, **_REVIEWED))),
}
