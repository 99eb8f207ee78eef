"""What must be true after any number of kills, found out from the ledger's JSON and the simulator's own log.

Nothing of the core is imported: whatever folds wrongly there cannot hide here.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

from store.sqlite import SqliteStore

KEY = re.compile(r"-Key ([^\s\"]+)")
REBOOT_KEY = re.compile(r"\[Key (\S+?)\]")
TOUCHED = {"healthy", "failed", "silent", "rolling-back", "rebooting-back", "restored", "rollback-failed"}
TOUCHED |= {"installing", "rebooting", "verifying", "irreversible"}

Entry = dict[str, Any]


class Record:
    """One client's ledger and places, read beside the bot that may be running."""

    def __init__(self, data_dir: Path, key_file: Path, tenant: str) -> None:
        store = SqliteStore(data_dir, key_file=key_file, random_bytes=os.urandom, lock=False)
        try:
            with store.read(tenant) as uow:
                found = [(header, json.loads(content or b"{}")) for header, content in uow.entries()]
                self.things = {(row.kind, row.id): row for row in uow.find(limit=10_000)}
                self.copies = {name: uow.copies(name) for name in (f"{k}:{i}" for k, i in self.things)}
                places = {copy.conversation for copies in self.copies.values() for copy in copies}
                self.posts = [post for place in places for post in uow.posts(place, 10_000)]
            self.parked = store.parked(tenant)
        finally:
            store.close()
        self.ids = {header.message_id for header, _ in found}
        self.entries: list[Entry] = [content for _, content in found]

    def facts(self, tag: str) -> list[tuple[int, str, Entry]]:
        """(place in the ledger, id of the thing, fact) of every fact of one kind, whatever its version."""
        return [
            (number, recorded["id"], recorded["fact"])
            for number, entry in enumerate(self.entries)
            for recorded in entry.get("facts", ())
            if recorded["fact"]["type"].rsplit(".", 1)[0] == tag
        ]

    def intended(self) -> dict[str, tuple[int, str, str]]:
        """Key -> (place, rollout, digest that it rests on) of every committed intent."""
        return {
            action["key"]: (number, rollout, fact["offer_digest"])
            for number, rollout, fact in self.facts("action.intended")
            for action in fact["actions"]
        }

    def approvals(self) -> dict[tuple[str, str], int]:
        """(rollout, digest) -> first place where a gate said yes, with somebody's counted vote behind it."""
        yes = {gate for _, gate, fact in self.facts("gate.vote_counted") if fact["vote"]["verb"] == "approve"}
        return {
            (rollout, fact["offer_digest"]): number
            for number, rollout, fact in self.facts("rollout.approved")
            if fact["gate"] in yes
        }

    def voted(self) -> set[str]:
        """Gates with somebody's counted vote."""
        return {gate for _, gate, _ in self.facts("gate.vote_counted")}

    def device_states(self) -> dict[str, set[str]]:
        """Every state that a device was ever moved to."""
        states: dict[str, set[str]] = {}
        for _, _, fact in self.facts("device.moved"):
            for move in fact["moves"]:
                states.setdefault(move["device"], set()).add(move["to"])
        return states


def executed(log: list[Entry]) -> list[tuple[str, str]]:
    """(key, device) of everything that the simulator did at our request."""
    done = []
    for entry in log:
        status = entry.get("done_with") or entry.get("status")
        if entry["kind"] != "request" or status not in (200, 204):
            continue
        words = json.dumps(entry.get("body"))
        match = {"script/run": KEY, "reboot/NORMAL": REBOOT_KEY}
        for path, pattern in match.items():
            if entry["method"] == "POST" and entry["path"].endswith(path):
                key = pattern.search(words)
                done.append((key.group(1) if key else words, entry["path"].split("/")[3]))
    return done


def faults(records: dict[str, Record], log: list[Entry], clicks: dict[str, set[str]]) -> list[str]:
    """Every broken promise in one sentence each; `clicks` are acknowledged ones by client: the number of
    the delivery, or the gate that somebody was told to have decided."""
    found = [
        f"{tenant}: the acknowledged click {number} is not in the ledger"
        for tenant, numbers in clicks.items()
        for number in sorted(numbers)
        if not any(number in id for id in records[tenant].ids) and number not in records[tenant].voted()
    ]
    done = executed(log)
    found += [f"{key} was carried out {n} times" for (key, _), n in Counter(done).items() if n > 1]
    found += _without_approval(records, {key for key, _ in done})
    found += _unaccounted(records, log)
    for tenant, record in records.items():
        found += [f"{tenant}: {word}" for word in _cards(record)]
    return found


def _without_approval(records: dict[str, Record], keys: set[str]) -> list[str]:
    found = []
    known = {key for record in records.values() for key in record.intended()}
    found += [f"{key} was carried out and never intended" for key in sorted(keys - known)]
    for record in records.values():
        yes = record.approvals()
        for key, (number, rollout, digest) in record.intended().items():
            if yes.get((rollout, digest), number + 1) >= number:
                found.append(f"{key} was intended before anybody approved {digest[:8]}")
    return found


def _unaccounted(records: dict[str, Record], log: list[Entry]) -> list[str]:
    """Devices that our scripts changed, of which no ledger tells."""
    changed = {
        str(entry["device_id"])
        for entry in log
        if entry["kind"] == "effect" and entry["effect"] == "installed" and entry["key"]
    }
    states: dict[str, set[str]] = {}
    for record in records.values():
        states |= record.device_states()
    return [
        f"device {d} was changed, the ledger says {sorted(states.get(d, ()))}"
        for d in sorted(changed)
        if not states.get(d, set()) & TOUCHED
    ]


def _cards(record: Record) -> list[str]:
    """On the console each card once a place (it finds its own), showing exactly what was noted; everywhere
    what was committed last."""
    seen = Counter((post.conversation, post.key) for post in record.posts)
    found = [f"{key} stands {n} times in {place}" for (place, key), n in seen.items() if n > 1]
    posts = {post.message_id: post for post in record.posts}
    for name, copies in record.copies.items():
        kind, id = name.split(":", 1)
        for copy in copies:
            post = posts.get(copy.message_id)
            wrong = post is None or _digest(post.document) != copy.digest
            if wrong and copy.surface == "console":
                found.append(f"{name} in {copy.conversation}: shown is another card than the one noted")
            if copy.version < record.things[(kind, id)].version:
                found.append(f"{name} in {copy.conversation}: shown {copy.version}, committed is newer")
    return found


def _digest(document: bytes) -> str:
    """The name of a card as it was sent: its canonical JSON, hashed."""
    words = json.dumps(json.loads(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(words.encode()).hexdigest()


def statuses(record: Record) -> dict[str, str]:
    """Rollout -> status."""
    return {id: row.status for (kind, id), row in record.things.items() if kind == "rollout"}
