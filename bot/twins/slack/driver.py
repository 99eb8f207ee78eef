"""A typed client of the control door: people by short name, channels as `#contoso` or `dm`.

Tests, stories and the demo play Slack's users with it. What no person could do raises CannotBe.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import aiohttp
import msgspec

from bot.twins.slack import wire
from bot.twins.slack.control import PREFIX, TOKEN_HEADER
from bot.twins.slack.courier import Outcome
from bot.twins.slack.faults import Fault
from bot.twins.slack.model import ApiCall, Notice
from bot.twins.slack.scenario import ChannelSpec, PersonSpec, WorkspaceSpec
from bot.twins.slack.signing import HONEST, Tamper

Read = TypeVar("Read")
BOT_COMMAND: Final = "/ring"


class CannotBe(Exception):
    """The control door refused: there is no such thing, or no person could do it."""


class Slack:
    """One workspace, seen from outside. `session` is the caller's and stays open."""

    def __init__(self, url: str, session: aiohttp.ClientSession, control_token: str = "twin-control") -> None:  # noqa: S107
        self.url = url.rstrip("/")
        self._session = session
        self._headers = {TOKEN_HEADER: control_token, "Content-Type": "application/json"}

    @property
    def api_url(self) -> str:
        """The base of the Web API, as SLACK_API_URL."""
        return f"{self.url}/api/"

    # --- people ---

    async def command(
        self, person: str, channel: str, command: str = BOT_COMMAND, text: str = "", tamper: Tamper = HONEST
    ) -> Outcome:
        """Type a slash command."""
        act = wire.Command(person=person, channel=channel, command=command, text=text, tamper=tamper)
        return await self._post("command", act, Outcome)

    async def say(
        self, person: str, channel: str, text: str, *, thread_ts: str = "", tamper: Tamper = HONEST
    ) -> Outcome:
        """Write a message; `ts` of the answer is its id."""
        act = wire.Say(person=person, channel=channel, text=text, thread_ts=thread_ts, tamper=tamper)
        return await self._post("say", act, Outcome)

    async def open_tab(self, person: str, tab: str = "messages") -> Outcome:
        """Open the app's messages, or its home."""
        return await self._post("tab", wire.OpenTab(person=person, tab=tab), Outcome)

    async def click(
        self,
        person: str,
        channel: str,
        ts: str,
        label: str = "",
        *,
        action_id: str = "",
        option: str | None = None,
        version: int = -1,
        values: wire.Values | None = None,
        tamper: Tamper = HONEST,
    ) -> Outcome:
        """Press a button of a message by what is written on it, or by its action_id."""
        act = wire.Click(
            person=person,
            channel=channel,
            ts=ts,
            label=label,
            action_id=action_id,
            option=option,
            version=version,
            values=values or {},
            tamper=tamper,
        )
        return await self._post("click", act, Outcome)

    async def click_in_modal(
        self, person: str, label: str = "", *, action_id: str = "", option: str | None = None
    ) -> Outcome:
        """Press a button of the open modal."""
        act = wire.Click(person=person, label=label, action_id=action_id, option=option)
        return await self._post("click", act, Outcome)

    async def submit(
        self, person: str, values: wire.Values | None = None, tamper: Tamper = HONEST
    ) -> Outcome:
        """Fill in the open modal, by block id or label, and send it."""
        return await self._post(
            "submit", wire.Submit(person=person, values=values or {}, tamper=tamper), Outcome
        )

    async def close(self, person: str, *, all_views: bool = False) -> Outcome:
        """Close the open modal."""
        return await self._post("close", wire.Close(person=person, all_views=all_views), Outcome)

    async def reload(self, person: str) -> None:
        """The person's client starts again: what only they saw is gone."""
        await self._post(f"reload/{person}", None, dict[str, int])

    # --- what people see ---

    async def seen(self, person: str, channel: str) -> tuple[wire.SeenMessage, ...]:
        """A conversation as this person sees it, in order."""
        found = await self._get("seen", wire.Seen, person=person, channel=channel)
        return found.messages

    async def last(self, person: str, channel: str) -> wire.SeenMessage:
        """The newest message that this person sees."""
        messages = await self.seen(person, channel)
        if not messages:
            raise CannotBe(f"{person} sees nothing in {channel}")
        return messages[-1]

    async def with_button(self, person: str, channel: str, label: str) -> wire.SeenMessage:
        """The newest message that shows this person a button of that name."""
        for message in reversed(await self.seen(person, channel)):
            if any(button.label == label for button in message.buttons):
                return message
        raise CannotBe(f"{person} sees no button {label!r} in {channel}")

    async def press(self, person: str, channel: str, label: str) -> Outcome:
        """Press the newest button of that name."""
        message = await self.with_button(person, channel, label)
        return await self.click(person, channel, message.ts, label)

    async def modal(self, person: str) -> wire.OpenModal | None:
        """The view on top of this person's screen."""
        return (await self._get("modal", wire.Screen, person=person)).modal

    async def notices(self, person: str = "") -> tuple[Notice, ...]:
        """Pushes, to one person or to all."""
        return (await self._get("notices", wire.Notices, person=person)).notices

    async def calls(self, method: str = "", after: int = 0) -> tuple[ApiCall, ...]:
        """The log of API calls."""
        return (await self._get("calls", wire.Calls, method=method, after=str(after))).calls

    async def state(self) -> wire.State:
        """Ids by short name, the clock, retries that wait."""
        return await self._get("state", wire.State)

    # --- the workspace ---

    async def set_up(self, spec: WorkspaceSpec) -> wire.State:
        """Begin anew with other people and channels."""
        return await self._post("workspace", spec, wire.State)

    async def add_person(self, spec: PersonSpec) -> wire.State:
        """A new account."""
        return await self._post("persons", spec, wire.State)

    async def add_channel(self, spec: ChannelSpec) -> wire.State:
        """A new channel."""
        return await self._post("channels", spec, wire.State)

    async def account(self, person: str, *, deleted: bool | None = None, kind: str | None = None) -> None:
        """Close or reopen an account; make a guest of a member."""
        await self._post("account", wire.Account(person=person, deleted=deleted, kind=kind), dict[str, Any])

    async def archive(self, channel: str, *, archived: bool = True) -> None:
        """Archive a channel, or bring it back."""
        await self._post("place", wire.Place(channel=channel, archived=archived), dict[str, Any])

    async def join(self, person: str, channel: str, by: str = "") -> Outcome:
        """Somebody, or the bot, joins a channel."""
        act = wire.Member(person=person, channel=channel, present=True, by=by)
        return await self._post("member", act, Outcome)

    async def leave(self, person: str, channel: str, by: str = "") -> Outcome:
        """Somebody leaves a channel, or the bot is removed."""
        act = wire.Member(person=person, channel=channel, present=False, by=by)
        return await self._post("member", act, Outcome)

    async def point_at(self, bot_url: str) -> None:
        """Where the bot takes deliveries."""
        await self._post("bot", wire.BotAddress(url=bot_url), dict[str, Any])

    async def advance(self, seconds: float) -> wire.State:
        """Move the workspace's clock ahead; nothing sleeps."""
        return await self._post("advance", wire.Advance(seconds=seconds), wire.State)

    # --- deliveries that are not honest, and honest ones again ---

    async def replay(self, delivery: str) -> Outcome:
        """The exact bytes with the old signature once more."""
        return await self._post("again", wire.Again(delivery=delivery), Outcome)

    async def retry(self, delivery: str, number: int = 1, reason: str = "http_timeout") -> Outcome:
        """The same delivery as one of Slack's own retries."""
        act = wire.Again(delivery=delivery, retry=number, reason=reason)
        return await self._post("again", act, Outcome)

    async def deliver_due(self) -> tuple[Outcome, ...]:
        """Send every retry of an event whose time has come."""
        return (await self._post("due", None, wire.Outcomes)).outcomes

    async def post(
        self, body: str, content_type: str = "application/json", tamper: Tamper = HONEST
    ) -> Outcome:
        """Any body, properly signed unless told otherwise."""
        act = wire.Post(body=body, content_type=content_type, tamper=tamper)
        return await self._post("post", act, Outcome)

    async def echo(self, channel_id: str, ts: str) -> Outcome:
        """Tell the bot of a message of its own."""
        return await self._post("echo", wire.Echo(channel=channel_id, ts=ts), Outcome)

    async def url_verification(self) -> Outcome:
        """The challenge with which Slack tries an address."""
        return await self._post("url_verification", None, Outcome)

    async def ssl_check(self) -> Outcome:
        """The call with which Slack tries a certificate."""
        return await self._post("ssl_check", None, Outcome)

    async def raw(self, delivery: str) -> wire.Raw:
        """The exact bytes and headers of a delivery."""
        return await self._get(f"raw/{delivery}", wire.Raw)

    # --- faults ---

    async def fault(self, fault: Fault) -> None:
        """Order a fault for the next calls of a method."""
        await self._post("faults", fault, dict[str, int])

    async def outage(self, *, on: bool) -> None:
        """The whole platform is down, or up again."""
        await self._post("outage", wire.Outage(on=on), dict[str, Any])

    async def clear_faults(self) -> None:
        """No faults, no outage; calls that hang go on."""
        await self._call("DELETE", "faults", b"", dict[str, int])

    # --- the wire ---

    async def _post(self, path: str, body: object, kind: type[Read]) -> Read:
        return await self._call("POST", path, b"" if body is None else msgspec.json.encode(body), kind)

    async def _get(self, path: str, kind: type[Read], **query: str) -> Read:
        return await self._call("GET", f"{path}?{urlencode(query)}", b"", kind)

    async def _call(self, verb: str, path: str, body: bytes, kind: type[Read]) -> Read:
        address = f"{self.url}{PREFIX}{path}"
        async with self._session.request(verb, address, data=body, headers=self._headers) as answer:
            raw = await answer.read()
            if answer.status != 200:
                raise CannotBe(f"{answer.status}: {raw.decode(errors='replace')}")
            return msgspec.json.decode(raw, type=kind)
