"""The tenant that `simulate-teams` starts with: the sample house's people and a team for each client."""

from __future__ import annotations

from typing import Final

from bot.twins.teams.orders import NewChat, NewPerson, NewTeam, Setup

STAFF: Final = ["dana", "sam", "lee", "mia"]

SAMPLE: Final = Setup(
    people=[NewPerson(name=name) for name in STAFF] + [NewPerson(name="gus", guest=True)],
    teams=[
        NewTeam(name="Contoso", channels=["patching"], members=[*STAFF, "gus"]),
        NewTeam(name="Fabrikam", channels=["patching"], members=STAFF),
        NewTeam(name="Operations", members=STAFF),
    ],
    chats=[NewChat(name="war-room", members=STAFF)],
)
