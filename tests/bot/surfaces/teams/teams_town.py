"""One bot in Teams with everything around it, and activities as Teams posts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from bot.surfaces.port import Answered, Delivered
from bot.surfaces.teams.app import TeamsApp
from bot.surfaces.teams.config import TeamsConfig
from bot.surfaces.teams.places import Address
from tests.bot.surfaces.teams.teams_service import APP_ID, SECRET, Service
from tests.bot.surfaces.teams.teams_stubs import DANA, TENANT, Book, Desk, Moment

BOT_ID = f"28:{APP_ID}"
CHANNEL = "19:patching@thread.tacv2"
THREAD = f"{CHANNEL};messageid=1700000000001"
CHAT = "a:personal-of-dana"
PLACE = f"teams:{TENANT}:{CHANNEL}"
DIRECT = f"teams:{TENANT}:@{DANA}"
VALUE = "v1.contoso.gate1.approve.0a1b2c3d.00112233445566778899aa"

Json = dict[str, Any]


class Town:
    """A bot, its desk and book, and the service."""

    def __init__(self, service: Service, **changes: Any) -> None:
        self.service = service
        self.desk, self.book, self.moment = Desk(), Book(), Moment()
        settings: Json = {
            "app_id": APP_ID,
            "app_password": SECRET,
            "app_tenant_id": TENANT,
            "openid_url": f"{service.url}/openid",
            "login_url": service.url,
        }
        self.config = TeamsConfig(**(settings | changes))
        self.ids = iter(f"id{number}" for number in range(1_000))
        self.app = TeamsApp(
            self.config, desk=self.desk, book=self.book, now=self.moment.now, new_id=lambda: next(self.ids)
        )

    async def deliver(
        self,
        activity: Json,
        *,
        token: str | None = "good",
        headers: Mapping[str, str] | None = None,
        remote: str = "127.0.0.1",
    ) -> Answered:
        """Post one activity; `token` is a whole header, "good" for a sound one, None for none."""
        sent = {"Content-Type": "application/json; charset=utf-8"} | dict(headers or {})
        if token is not None:
            sent["Authorization"] = self.service.bearer() if token == "good" else token
        body = msgspec.json.encode(activity)
        return await self.app.take(Delivered(headers=sent, body=body, remote=remote))

    async def invoke(self, activity: Json, **more: Any) -> Json:
        """Post an invoke and return the body of the answer, which must come with HTTP 200."""
        answered = await self.deliver(activity, **more)
        assert answered.status == 200
        assert answered.content_type == "application/json"
        body: Json = msgspec.json.decode(answered.body)
        return body

    async def settled(self) -> None:
        """Until everything that goes on after the HTTP answer is done."""
        await self.app._tasks.settle(20)

    def knows(self, conversation: str, *, id: str = CHANNEL, app: str | None = None) -> None:
        """Note a place in the book."""
        address = Address(
            service_url=self.service.service_url,
            conversation=id,
            bot_id=BOT_ID,
            tenant=TENANT,
            app=self.config.app_id if app is None else app,
        )
        self.book.known[conversation] = address.text()

    # --- activities ---

    def activity(self, type: str, *, personal: bool = False, **more: Any) -> Json:
        """One by Dana, in a thread of the channel or in her chat."""
        where = {"conversationType": "channel", "tenantId": TENANT, "id": THREAD, "isGroup": True}
        if personal:
            where = {"conversationType": "personal", "tenantId": TENANT, "id": CHAT}
        return {
            "type": type,
            "id": "1700000000002",
            "serviceUrl": self.service.service_url,
            "channelId": "msteams",
            "from": {"id": "29:dana", "name": "Dana Lead", "aadObjectId": DANA},
            "recipient": {"id": BOT_ID, "name": "Ringmaster"},
            "conversation": where,
            "channelData": {"tenant": {"id": TENANT}, "team": {"name": "Contoso"}},
        } | more

    def words(self, text: str, **more: Any) -> Json:
        """A message."""
        return self.activity("message", **({"text": text, "textFormat": "plain"} | more))

    def click(
        self, value: Any = VALUE, *, verb: str = "approve", trigger: str = "manual", **more: Any
    ) -> Json:
        """A press on Action.Execute."""
        data = more.pop("data", {"value": value})
        action = {"type": "Action.Execute", "verb": verb, "data": data}
        invoke = {"name": "adaptiveCard/action", "replyToId": "1700000000001"}
        return self.activity("invoke", **(invoke | {"value": {"action": action, "trigger": trigger}} | more))

    def submit(self, **more: Any) -> Json:
        """The same from an old client."""
        value = {"value": VALUE, "verb": "approve"}
        return self.activity("message", **({"value": value, "replyToId": "1700000000001"} | more))
