"""The verb `import`: counts, exit codes, resuming after a kill, fetching over HTTP from this machine."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from typing_extensions import override

from bot.cli.import_intel import Bar, main
from store.intel import FILE_NAME, FeedKind, IntelStore

ROOT = Path(__file__).resolve().parents[3]
OWN = ROOT / "manifest" / "intel"
REAL = ROOT.parent / "shared" / "samples" / "vuln-intel"
KINDS = {"kev": "kev.json", "epss": "epss.csv", "cvss": "cvss.json", "update-guide": "update-guide.csv"}


def imported(tmp_path: Path, kind: str, source: object) -> int:
    return main([kind, str(source), "--data-dir", str(tmp_path / "data")])


def stored(tmp_path: Path) -> IntelStore:
    return IntelStore(tmp_path / "data" / FILE_NAME)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("kev", "1 read: 1 new, 0 changed, 0 unchanged, 0 repeated, 0 rejected"),
        ("epss", "4 read: 4 new,"),
        ("cvss", "4 read: 4 new,"),
        ("update-guide", "34 read: 26 new, 0 changed, 0 unchanged, 8 repeated, 0 rejected"),
    ],
)
def test_our_own_samples_import_and_the_second_time_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, words: str
) -> None:
    assert imported(tmp_path, kind, OWN / KINDS[kind]) == 0
    assert words in capsys.readouterr().out
    assert imported(tmp_path, kind, OWN / KINDS[kind]) == 0
    assert "this very file was imported before; nothing changed" in capsys.readouterr().out


@pytest.mark.skipif(not REAL.is_dir(), reason="the real feed samples (../shared) are not here")
def test_the_real_files_import(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    codes = [
        imported(tmp_path, "kev", REAL / "kev/known_exploited_vulnerabilities.extract.json"),
        imported(tmp_path, "kev", REAL / "kev/known_exploited_vulnerabilities.extract.csv"),
        imported(tmp_path, "epss", REAL / "epss/epss_scores-2023-03-07.csv"),
        imported(tmp_path, "cvss", REAL / "patch-tuesday/2024-08.cvss.json"),
        imported(tmp_path, "update-guide", REAL / "patch-tuesday/2024-08.kb-cve-product.csv"),
        imported(tmp_path, "update-guide", REAL / "patch-tuesday/2026-05.kb-cve-product.csv"),
    ]
    said = capsys.readouterr().out

    assert codes == [0] * 6
    assert "40 read: 0 new, 0 changed, 40 unchanged" in said
    store = stored(tmp_path)
    assert store.catalogue().duplicates == 1010
    assert store.flaws(["CVE-2024-38063"])[0].cvss_tenths == 98
    store.close()


def test_rejected_rows_are_counted_named_on_the_last_line_and_end_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "epss.csv"
    path.write_text("cve,epss\nCVE-2026-90001,0.1\nCVE-2026-90002,often\n")

    assert imported(tmp_path, "epss", path) == 1
    said = capsys.readouterr()
    assert said.out.splitlines()[-1] == (
        "epss: rejected 1; the first: line 3, field epss: 'often' is no number"
    )
    assert imported(tmp_path, "epss", path) == 1


@pytest.mark.parametrize(
    ("source", "code", "says"),
    [
        ("missing.csv", 2, "there is no file missing.csv"),
        ("http://feeds.example/epss.csv", 2, "feeds are fetched over https only"),
        ("ftp://127.0.0.1/epss.csv", 2, "feeds are fetched over https only"),
        ("https://", 2, "feeds are fetched over https only"),
        (str(OWN / "kev.json"), 1, "the header lacks cve, epss (nothing was kept)"),
    ],
)
def test_a_wrong_source_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str, code: int, says: str
) -> None:
    assert imported(tmp_path, "epss", source) == code
    assert says in capsys.readouterr().err


def test_an_unknown_feed_ends_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        imported(tmp_path, "weather", "x")
    assert stopped.value.code == 2


def test_an_import_killed_half_way_goes_on_and_ends_as_if_never_killed(tmp_path: Path) -> None:
    path = tmp_path / "epss.csv"
    total = 60_000
    with path.open("w") as out:
        out.write("cve,epss\n")
        out.writelines(f"CVE-2026-{n:06d},0.001\n" for n in range(total))
    command = [sys.executable, "-m", "bot.cli.import_intel", "epss", str(path), "--data-dir"]
    child = subprocess.Popen([*command, str(tmp_path / "data")], cwd=ROOT)
    store = stored(tmp_path)
    while child.poll() is None and store.status()[1].rows < 2000:
        pass
    child.kill()
    child.wait()
    [halfway] = [one for one in store.status() if one.kind is FeedKind.EPSS]

    again = subprocess.run([*command, str(tmp_path / "data")], cwd=ROOT, capture_output=True, text=True)

    assert 0 < halfway.rows < total
    assert halfway.unfinished == (str(path),)
    assert again.returncode == 0, again.stderr
    assert f"going on after row {halfway.rows:,}" in again.stdout
    assert f"{total:,} read: {total:,} new, 0 changed, 0 unchanged, 0 repeated" in again.stdout
    assert again.stderr == ""
    store.close()


def test_the_bar_is_silent_where_nobody_watches() -> None:
    class Screen(io.StringIO):
        @override
        def isatty(self) -> bool:
            return True

    screen, pipe = Screen(), io.StringIO()
    for out in (screen, pipe):
        bar = Bar(out, 100, "kev")
        bar.draw(50, 1234)
        bar.end()

    assert pipe.getvalue() == ""
    assert screen.getvalue() == f"\rkev [{'#' * 15}{'.' * 15}] 1,234 rows\n"


# --- over HTTP, from this machine only ---


class _Feed(BaseHTTPRequestHandler):
    body: ClassVar[bytes] = (OWN / "epss.csv").read_bytes()
    asked_with: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        tag = self.headers.get("If-None-Match")
        type(self).asked_with.append(tag)
        if self.path == "/away":
            return self._answer(302, b"", Location="http://feeds.example/epss.csv")
        if self.path == "/moved":
            return self._answer(301, b"", Location="/epss.csv")
        if self.path == "/loop":
            return self._answer(302, b"", Location="/loop")
        if self.path == "/busy":
            return self._answer(429, b"", **{"Retry-After": "60"})
        if self.path == "/gone":
            return self._answer(404, b"")
        if tag == '"v1"':
            return self._answer(304, b"")
        return self._answer(200, self.body, ETag='"v1"')

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the test reads answers, not logs."""


@pytest.fixture
def feed_url() -> Iterator[str]:
    _Feed.asked_with = []
    with ThreadingHTTPServer(("127.0.0.1", 0), _Feed) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_feed_is_fetched_once_and_then_only_asked_about(
    tmp_path: Path, feed_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert imported(tmp_path, "epss", f"{feed_url}/epss.csv") == 0
    assert "4 read: 4 new" in capsys.readouterr().out
    assert imported(tmp_path, "epss", f"{feed_url}/epss.csv") == 0
    assert "the server says that nothing has changed" in capsys.readouterr().out
    assert _Feed.asked_with == [None, '"v1"']


@pytest.mark.parametrize(
    ("path", "code", "says"),
    [
        ("/moved", 0, ""),
        ("/away", 2, "https only"),
        ("/loop", 1, "redirects more than 3 times"),
        ("/busy", 1, "asks for patience: 60"),
        ("/gone", 1, "answered 404"),
    ],
)
def test_other_answers_are_followed_or_said(
    tmp_path: Path, feed_url: str, capsys: pytest.CaptureFixture[str], path: str, code: int, says: str
) -> None:
    assert imported(tmp_path, "epss", feed_url + path) == code
    assert says in capsys.readouterr().err


def test_a_server_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert imported(tmp_path, "epss", "http://127.0.0.1:9/epss.csv") == 1
    assert "127.0.0.1 did not answer" in capsys.readouterr().err
