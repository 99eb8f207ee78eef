"""The demo's people on chat platforms: the fake platform, what its people do and see, and what it saw."""
