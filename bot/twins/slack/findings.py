"""Collects what is wrong with blocks or a view, in the words and with the pointers that Slack uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

PLAIN: Final = ("plain_text",)
ANY_TEXT: Final = ("plain_text", "mrkdwn")


class Findings:
    """What was found so far; empty when all is well."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, what: str, pointer: str) -> None:
        """Note one thing."""
        self.found.append(f"{what} [json-pointer:{pointer}]")

    def string(self, value: Any, pointer: str, *, most: int, least: int = 0, needed: bool = True) -> None:
        """A string within its length; absent only if it is not needed."""
        if value is None:
            if needed:
                self.add("missing required field", pointer)
        elif not isinstance(value, str):
            self.add("must be a string", pointer)
        elif len(value) > most:
            self.add(f"must be less than {most + 1} characters", pointer)
        elif len(value) < least:
            self.add(f"must be more than {least - 1} characters", pointer)

    def text(
        self, value: Any, pointer: str, *, most: int, kinds: Sequence[str] = PLAIN, needed: bool = True
    ) -> None:
        """A text object {type, text} within its length."""
        if value is None:
            if needed:
                self.add("missing required field", pointer)
            return
        if not isinstance(value, dict):
            self.add("must provide an object", pointer)
            return
        if value.get("type") not in kinds:
            self.add(f"type must be one of {', '.join(kinds)}", f"{pointer}/type")
        self.string(value.get("text"), f"{pointer}/text", most=most, least=1)
        self.fields(value, pointer, {"type", "text", "emoji", "verbatim"})

    def items(self, value: Any, pointer: str, *, most: int, least: int = 1) -> list[dict[str, Any]]:
        """The objects of a list of bounded length; what is no object is noted and left out."""
        if not isinstance(value, list):
            self.add("must provide an array", pointer)
            return []
        if len(value) > most:
            self.add(f"no more than {most} items allowed", pointer)
        if len(value) < least:
            self.add(f"no fewer than {least} items allowed", pointer)
        return [each if self._is_object(each, f"{pointer}/{n}") else {} for n, each in enumerate(value)]

    def _is_object(self, value: Any, pointer: str) -> bool:
        if not isinstance(value, dict):
            self.add("must provide an object", pointer)
            return False
        return True

    def fields(self, value: dict[str, Any], pointer: str, known: set[str]) -> None:
        """Every other field is one that Slack does not take."""
        for name in value.keys() - known:
            self.add(f"additional property not allowed: {name}", pointer)
