"""What those who approved left of an offer: worked out from their votes alone, in the checker's own way."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from bot.cli.story.record import Happened, moment

TAKEN_AWAY: Final = "left out when it was approved"
"""The reason under which such a device stands among those left out."""


def taken_away(gate: list[Happened]) -> list[dict[str, Any]]:
    """What each counted yes of a question took away; a later vote of a person replaces the earlier."""
    votes: dict[str, dict[str, Any]] = {}
    for fact in gate:
        if fact.tag == "gate.decided":
            break
        if fact.tag == "gate.vote_counted":
            votes[fact.fact["vote"]["person"]] = fact.fact["vote"]
    changes = [vote.get("changes") or {} for vote in votes.values() if vote["verb"] == "approve"]
    return [one for one in changes if one.get("rings") or one.get("without") or one.get("not_before")]


def left_of(offer: dict[str, Any], changes: list[dict[str, Any]]) -> dict[str, Any]:
    """The offer less everything that anybody took away."""
    if not changes:
        return offer
    rings = min([one["rings"] for one in changes if one["rings"]], default=len(offer["rings"]))
    named = {device for one in changes for device in one["without"]}
    gone = [t for t in offer["targets"] if t["ring"] >= rings or t["device_id"] in named]
    kept = [target for target in offer["targets"] if target not in gone]
    starts = [offer["starts_at"], *(one["not_before"] for one in changes if one["not_before"])]
    return {
        **offer,
        "targets": kept,
        "left_out": [
            *offer["left_out"],
            *({"device_id": t["device_id"], "name": t["name"], "why": TAKEN_AWAY} for t in gone),
        ],
        "rings": offer["rings"][: max((target["ring"] for target in kept), default=-1) + 1],
        "starts_at": max(starts, key=moment),
    }


def name_of(offer: dict[str, Any]) -> str:
    """The digest by which exactly this offer is named: SHA-256 over its JSON with sorted keys, no spaces."""
    text = json.dumps(offer, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
