"""The sample: provision it once, import its feeds, and run its fleet simulator as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
from pathlib import Path
from typing import Final

import msgspec

from bot.cli.import_intel import import_path
from bot.settings import NinjaOneSettings
from handlers.office import Office
from handlers.provision import load_house, provision
from store.intel import FeedKind, IntelStore

ROOT: Final = Path(__file__).resolve().parents[2]
SAMPLE_HOUSE: Final = ROOT / "manifest" / "templates" / "sample-house.toml"
SAMPLE_INTEL: Final = ROOT / "manifest" / "intel"
CLIENT_ID: Final = "twin-client"
CLIENT_SECRET: Final = "twin-secret"  # noqa: S105 - the invented fleet's own, on loopback
HASTE: Final = 30
"""The sample fleet works so many times as fast as real machines (an install: 4 to 15 minutes, on a server
twice that), and a newcomer sees a whole rollout in five minutes. Its clock is the wall's: times are right."""
POLL_SECONDS: Final = 30
FEEDS: Final = (
    ("kev", "kev.json"),
    ("epss", "epss.csv"),
    ("cvss", "cvss.json"),
    ("update-guide", "update-guide.csv"),
)


class SampleFleet:
    """The running fleet simulator."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self._process = process
        self.url = url

    async def stop(self) -> None:
        """End the simulator; it keeps its world in the data directory."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        await self._process.wait()


async def start_fleet(data_dir: Path, *extra: str) -> SampleFleet:
    """Start the simulator on a free loopback port and wait until it says where it is."""
    options = ("--haste", str(HASTE), "--office-hours", "--seed", "7")
    kept = ("--state", str(data_dir / "sample-fleet.json"))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "simulate-rmm",
        "--until-stdin-ends",
        *(extra or (*options, *kept)),
        cwd=ROOT,
        # Ctrl-C is for the bot alone; the simulator ends with its input, also when the bot was killed.
        start_new_session=True,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    if process.stdout is None:
        raise RuntimeError("the simulator has no output")
    line = await process.stdout.readline()
    return SampleFleet(process, msgspec.json.decode(line)["url"])


def sample_account(url: str) -> NinjaOneSettings:
    """How the sample's vendor account is reached."""
    return NinjaOneSettings(
        account="ninjaone",
        base_url=url,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        poll_seconds=POLL_SECONDS,
    )


def prepare_sample(office: Office, intel: IntelStore) -> None:
    """Provision the sample house and import its feeds; what is there already stays as it is."""
    provision(office, load_house(SAMPLE_HOUSE))
    with contextlib.redirect_stdout(io.StringIO()):  # counts of rows are for those who import by hand
        import_feeds(intel, SAMPLE_INTEL)


def import_feeds(intel: IntelStore, folder: Path) -> None:
    """Import the four feeds of a folder; what was imported before is not imported again."""
    for kind, name in FEEDS:
        import_path(intel, FeedKind(kind), folder / name, name)
