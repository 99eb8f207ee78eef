"""Runs the service on a thread and a loop of its own, inside the process of whoever needs it.

For a bot that fetches signing keys with a blocking call, as botframework does: on the bot's own loop the
service could not answer it.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

from bot.twins.teams.server import serving
from bot.twins.teams.service import Teams


@contextlib.contextmanager
def serving_beside(teams: Teams, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve while the block runs; gives the URL. A service that cannot listen raises its OSError here."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="teams-twin", daemon=True)
    thread.start()
    service = serving(teams, host, port)
    try:
        yield asyncio.run_coroutine_threadsafe(service.__aenter__(), loop).result()
        asyncio.run_coroutine_threadsafe(service.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
