"""`import kev|epss|cvss|update-guide FILE_OR_URL`: take a public feed into the store of intelligence.

Resumable (a killed import goes on), idempotent (the same bytes again change nothing). Ends with 0 when
every row was used, 1 when rows or the file had faults (named on the last line), 2 when it was called
wrongly.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, TextIO

import httpx

from bot.connectors.intel.cvss import read_cvss
from bot.connectors.intel.epss import read_epss
from bot.connectors.intel.feed import MAX_FILE_BYTES, FeedFault, Rejected
from bot.connectors.intel.fetch import TIMEOUT_SECONDS, fetch, refuse_unsafe
from bot.connectors.intel.kev import read_kev
from bot.connectors.intel.update_guide import read_update_guide
from bot.core.errors import Refused, RingmasterError
from store.intel import FILE_NAME, Counts, FeedKind, Import, IntelRow, IntelStore

BATCH_ROWS: Final = 1000
"""Rows per commit: what a kill can make us read again."""

REJECTIONS_SHOWN: Final = 10
BAR_WIDTH: Final = 30

READERS: Final[dict[FeedKind, Callable[[BinaryIO], Iterator[IntelRow | Rejected]]]] = {
    FeedKind.KEV: read_kev,
    FeedKind.EPSS: read_epss,
    FeedKind.CVSS: read_cvss,
    FeedKind.UPDATE_GUIDE: read_update_guide,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    parser.add_argument("kind", choices=[kind.value for kind in FeedKind])
    parser.add_argument("source", metavar="FILE_OR_URL")
    parser.add_argument("--data-dir", type=Path, default=Path("data"))


def run(args: argparse.Namespace) -> int:
    """Import one feed; the exit code as the module says."""
    kind = FeedKind(args.kind)
    try:
        store = IntelStore(args.data_dir / FILE_NAME)
    except (RingmasterError, OSError) as fault:
        print(f"import: cannot open the store: {fault}", file=sys.stderr)
        return 2
    try:
        if "://" in args.source:
            return _import_address(store, kind, args.source)
        return import_path(store, kind, Path(args.source), args.source)
    except Refused as no:
        print(f"import: {no.why}", file=sys.stderr)
        return 2
    except (RingmasterError, OSError) as fault:
        print(f"import: {fault}", file=sys.stderr)
        return 1
    finally:
        store.close()


def _import_address(store: IntelStore, kind: FeedKind, address: str) -> int:
    refuse_unsafe(address)
    with tempfile.TemporaryDirectory(prefix="ringmaster-feed-") as folder:
        # Plain http goes to this machine only, so it never takes the way through a proxy.
        with httpx.Client(timeout=TIMEOUT_SECONDS, mounts={"http://": None}) as client:
            found = fetch(client, address, Path(folder) / "feed", store.etag(kind, address))
        if found is None:
            print(f"{kind}: the server says that nothing has changed; nothing was imported.")
            return 0
        digest = _digest(found.path)
        code = import_path(store, kind, found.path, address)
        if found.etag:
            store.remember_etag(kind, address, found.etag, digest)
        return code


def import_path(store: IntelStore, kind: FeedKind, path: Path, source: str) -> int:
    """Import one file, going on where an interrupted import stopped; the exit code of the verb."""
    if not path.is_file():
        raise Refused(f"there is no file {source}")
    state = store.begin(kind, _digest(path), source)
    if state.finished:
        print(f"{kind}: this very file was imported before; nothing changed. Then: {_words(state.counts)}.")
        return _exit_code(state.counts)
    if state.counts.read:
        print(f"{kind}: going on after row {state.counts.read:,}.")
    state, rejections = _import_rows(store, state, path)
    return _report(state, rejections)


def _import_rows(store: IntelStore, state: Import, path: Path) -> tuple[Import, list[Rejected]]:
    bar = Bar(sys.stderr, path.stat().st_size, str(state.kind))
    shown: list[Rejected] = []
    with path.open("rb") as stream:
        rows = islice(READERS[state.kind](stream), state.counts.read, None)
        try:
            while batch := list(islice(rows, BATCH_ROWS)):
                refused = [row for row in batch if isinstance(row, Rejected)]
                shown += refused[: REJECTIONS_SHOWN - len(shown)]
                kept = [row for row in batch if not isinstance(row, Rejected)]
                state = store.save(state, kept, rejected=len(refused))
                bar.draw(stream.tell(), state.counts.read)
            state = store.save(state, [], finished=True)
        except FeedFault as fault:
            done = (
                f"{state.counts.read:,} rows before it were kept" if state.counts.read else "nothing was kept"
            )
            raise FeedFault(f"{state.source}: {fault} ({done})") from fault
        finally:
            bar.end()
    return state, shown


def _report(state: Import, rejections: list[Rejected]) -> int:
    print(f"{state.kind}: {_words(state.counts)}.")
    for rejected in rejections:
        print(f"  rejected: {rejected.sentence}", file=sys.stderr)
    if state.counts.rejected:
        first = f"; the first: {rejections[0].sentence}" if rejections else ""
        print(f"{state.kind}: rejected {state.counts.rejected:,}{first}")
    return _exit_code(state.counts)


def _exit_code(counts: Counts) -> int:
    return 1 if counts.rejected else 0


def _words(counts: Counts) -> str:
    return (
        f"{counts.read:,} read: {counts.new:,} new, {counts.changed:,} changed, "
        f"{counts.unchanged:,} unchanged, {counts.repeated:,} repeated, {counts.rejected:,} rejected"
    )


def _digest(path: Path) -> str:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise FeedFault(f"{path.name} has more than {MAX_FILE_BYTES} bytes")
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Bar:
    """A line that grows while rows come in; silent where nobody watches."""

    def __init__(self, out: TextIO, size_bytes: int, label: str) -> None:
        self._out = out
        self._size_bytes = max(size_bytes, 1)
        self._label = label
        self._is_shown = out.isatty()

    def draw(self, at_byte: int, rows: int) -> None:
        """Show how far the file has been read, and how many rows that were."""
        if self._is_shown:
            filled = BAR_WIDTH * min(at_byte, self._size_bytes) // self._size_bytes
            bar = "#" * filled + "." * (BAR_WIDTH - filled)
            self._out.write(f"\r{self._label} [{bar}] {rows:,} rows")
            self._out.flush()

    def end(self) -> None:
        """Leave the line, so that what follows starts on its own."""
        if self._is_shown:
            self._out.write("\n")


def main(words: list[str] | None = None) -> int:
    """Run this verb by itself: python -m bot.cli.import_intel kev FILE."""
    parser = argparse.ArgumentParser(prog="ringmaster import", description=__doc__)
    add_arguments(parser)
    return run(parser.parse_args(words))


if __name__ == "__main__":
    sys.exit(main())
