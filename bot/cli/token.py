"""`token PERSON`: make a person's own console token. It is shown once; the one they had before stops working.

Only its SHA-256 is kept. The bot must not be running: the store is opened with its lock.
"""

from __future__ import annotations

import argparse
from base64 import urlsafe_b64encode
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from bot.clock import SystemClock
from bot.core.directory import Directory, Person, RegisterPerson
from bot.core.envelope import HOUSE
from bot.core.errors import Refused
from bot.opening import open_office
from bot.settings import load_settings
from handlers.provision import ADMIN

TOKEN_BYTES: Final = 32
PREFIX: Final = "rmt_"
"""Says what it is when it is found where it should not be."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    parser.add_argument("person", help="the person's short name, such as dana")
    parser.add_argument("--data-dir", type=Path, default=Path("data"))


def run(args: argparse.Namespace) -> int:
    """Make, keep the digest, print once."""
    clock = SystemClock()
    with open_office(load_settings(data_dir=args.data_dir), clock, lock=True) as opened:
        if not opened.store.exists(HOUSE):
            raise Refused(f"There is no store in {args.data_dir}. Make one: python -m bot init")
        person = known_person(opened.office.directory(), args.person)
        token = PREFIX + urlsafe_b64encode(clock.random_bytes(TOKEN_BYTES)).decode().rstrip("=")
        digest = sha256(token.encode()).hexdigest()
        changed = msgspec.structs.replace(person, token_digest=digest)
        frame = opened.office.frame(HOUSE, ADMIN)
        opened.office.transact(frame, RegisterPerson(person=changed))
    revoked = " The one before no longer works." if person.token_digest else ""
    print(f"Token of {person.name}, shown this once.{revoked}")
    print(token)
    return 0


def known_person(directory: Directory, name: str) -> Person:
    """The person of this short name, or a sentence with the nearest one."""
    person = directory.people.get(name)
    if person is not None:
        return person
    near = get_close_matches(name.lower(), sorted(directory.people), n=1)
    hint = (
        f"Did you mean {near[0]}?" if near else f"There are {', '.join(sorted(directory.people)) or 'none'}."
    )
    raise Refused(f"Nobody is called {name!r}. {hint}", rule="unknown-person")
