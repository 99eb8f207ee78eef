"""When a server of the command line is told to stop: Ctrl-C, or its supervisor's signal."""

from __future__ import annotations

import asyncio
import contextlib
import signal


def told_to_stop() -> asyncio.Event:
    """Set once the process is asked to end; for use inside the running loop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # not every platform has signal handlers in loops
            loop.add_signal_handler(number, stop.set)
    return stop
