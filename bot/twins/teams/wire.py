"""Activities as Teams posts them to a bot. Field names are those of the public Bot Framework schema."""

from __future__ import annotations

import html
from typing import Any, Final

from bot.twins.teams.keys import CHANNEL
from bot.twins.teams.model import Message, Person, Place
from bot.twins.teams.world import World, guid

BOT_NAME: Final = "Ringmaster"
MENTION_TYPE: Final = "http://schema.skype.com/Mention"
LOCALE: Final = "en-GB"
ZONE: Final = "Europe/London"

Activity = dict[str, Any]


class Scribe:
    """Writes activities about one tenant."""

    def __init__(self, world: World, service_url: str) -> None:
        self._world = world
        self._service_url = service_url

    def _frame(self, kind: str, person: Person, place: Place, root: str | None, number: str) -> Activity:
        moment = self._world.now().isoformat(timespec="milliseconds")
        return {
            "type": kind,
            "id": number,
            "timestamp": moment.replace("+00:00", "Z"),
            "localTimestamp": moment,
            "localTimezone": ZONE,
            "locale": LOCALE,
            "serviceUrl": self._service_url,
            "channelId": CHANNEL,
            "from": {"id": person.teams_id, "name": person.display, "aadObjectId": person.aad_id},
            "recipient": {"id": self._world.bot_id, "name": BOT_NAME},
            "conversation": self._conversation(place, root),
            "channelData": self._channel_data(place, person),
        }

    def _conversation(self, place: Place, root: str | None) -> dict[str, Any]:
        number = self._world.address(place, root) if root is not None else place.id
        found = {"conversationType": place.kind, "tenantId": self._world.tenant_id, "id": number}
        return found if place.kind == "personal" else found | {"isGroup": True}

    def _channel_data(self, place: Place, person: Person) -> dict[str, Any]:
        data: dict[str, Any] = {"tenant": {"id": person.tenant_id}}
        if place.team is None:
            return data
        old_names = {"teamsChannelId": place.id, "teamsTeamId": place.team.id}
        return data | old_names | {"channel": {"id": place.id}, "team": {"id": place.team.id}}

    def said(self, message: Message, person: Person, place: Place, *, mention: bool) -> Activity:
        """What a person wrote, with the mention in front as people write it."""
        words = message.posted.text or ""
        activity = self._frame("message", person, place, message.root, message.id)
        entities: list[dict[str, Any]] = [
            {"type": "clientInfo", "locale": LOCALE, "country": "GB", "platform": "Web", "timezone": ZONE}
        ]
        text, shown = words, html.escape(words)
        if mention:
            mark = f"<at>{BOT_NAME}</at>"
            mentioned = {"id": self._world.bot_id, "name": BOT_NAME}
            entities.insert(0, {"type": "mention", "mentioned": mentioned, "text": mark})
            text = f"{mark} {words}"
            shown = f'<span itemtype="{MENTION_TYPE}" itemid="0">{BOT_NAME}</span> {shown}'
        more = {"text": text, "textFormat": "plain", "entities": entities}
        return activity | more | {"attachments": [{"contentType": "text/html", "content": f"<p>{shown}</p>"}]}

    def invoked(
        self, message: Message, person: Person, place: Place, action: dict[str, Any], trigger: str
    ) -> Activity:
        """A press on Action.Execute ("manual"), or a client that wants its own view ("automatic")."""
        number = f"f:{guid(self._world.next_id())}"
        activity = self._frame("invoke", person, place, message.root, number)
        activity["channelData"] |= {"source": {"name": "message"}}
        value = {"action": action, "trigger": trigger}
        return activity | {"name": "adaptiveCard/action", "value": value, "replyToId": message.id}

    def submitted(self, message: Message, person: Person, place: Place, data: dict[str, Any]) -> Activity:
        """A press on Action.Submit: a message that carries data and no text."""
        activity = self._frame("message", person, place, message.root, self._world.next_id())
        activity["channelData"] |= {"source": {"name": "message"}, "legacy": {"replyToId": message.id}}
        return activity | {"value": data, "replyToId": message.id}

    def _update(self, kind: str, by: Person, place: Place) -> Activity:
        """News about a place. It names the team; messages and presses carry ids alone."""
        activity = self._frame(kind, by, place, None, f"f:{guid(self._world.next_id())}")
        if place.team is not None:
            names = {"name": place.team.name, "aadGroupId": place.team.group_id}
            activity["channelData"]["team"] |= names
        return activity

    def installed(self, person: Person, place: Place, *, present: bool) -> Activity:
        """The app was put in or taken out."""
        activity = self._update("installationUpdate", person, place)
        return activity | {"action": "add" if present else "remove"}

    def members(
        self, by: Person, place: Place, who: list[dict[str, Any]], event: str, *, present: bool
    ) -> Activity:
        """Somebody, perhaps the bot, came or went."""
        activity = self._update("conversationUpdate", by, place)
        if place.team is not None:
            activity["channelData"]["eventType"] = event
        return activity | {"membersAdded" if present else "membersRemoved": who}


def laid_over(activity: Activity, changes: dict[str, Any]) -> Activity:
    """The activity with changes put in, object by object; a change to None takes the field out."""
    result = dict(activity)
    for name, change in changes.items():
        below = result.get(name)
        if change is None:
            result.pop(name, None)
        elif isinstance(change, dict) and isinstance(below, dict):
            result[name] = laid_over(below, change)
        else:
            result[name] = change
    return result
