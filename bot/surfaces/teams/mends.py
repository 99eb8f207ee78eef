"""Four defects of botbuilder 4.17.1, which is archived, and what is done about each; tests show both sides.

1. An invoke answer with a body is serialised twice and ends as HTTP 500: `MendedHandler` hands plain values
   to the turn, and `MendedAdapter.turn` takes them out again instead of `CloudAdapter.process`.
2. A sentence or an error as the answer to a card's button cannot be serialised at all: the same handler
   never builds the SDK's own answer objects.
3. A missing or malformed token ends as HTTP 500: `Gate` checks tokens before the SDK is asked, and the turn
   gets the result, so that the SDK's own check is never reached.
4. Every turn scans a list 999 times, twice: `mend_retry_policy` makes it a set.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from botbuilder.core import ActivityHandler, InvokeResponse, TurnContext
from botbuilder.integration.aiohttp import CloudAdapter
from botbuilder.schema import Activity
from botframework.connector.auth import AuthenticateRequestResult
from msrest.universal_http.requests import ClientRetryPolicy


def mend_retry_policy() -> None:
    """Defect 4. The same codes, found in one step; doing it twice changes nothing."""
    ClientRetryPolicy.safe_codes = frozenset(ClientRetryPolicy.safe_codes)  # type: ignore[assignment]  # a list there


class MendedAdapter(CloudAdapter):  # type: ignore[misc]  # the SDK has no types
    """Defects 1 and 3: a turn for a delivery that is proved already, its answer as plain values."""

    async def turn(
        self,
        proved: AuthenticateRequestResult,
        activity: Activity,
        logic: Callable[[TurnContext], Awaitable[None]],
    ) -> Any | None:
        """Run one turn; the body for an invoke, None for anything else."""
        response = await self.process_activity(proved, activity, logic)
        return response.body if isinstance(response, InvokeResponse) else None


class MendedHandler(ActivityHandler, ABC):  # type: ignore[misc]  # the SDK has no types
    """Defects 1 and 2: an invoke is answered with a plain value that needs no serialiser of the SDK."""

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        """Status 200 on the outside, always; what Teams reads is the status in the body."""
        return InvokeResponse(status=int(HTTPStatus.OK), body=await self.invoked(turn_context))

    @abstractmethod
    async def invoked(self, turn_context: TurnContext) -> dict[str, Any]:
        """The body of the answer; to be written by the heir."""
