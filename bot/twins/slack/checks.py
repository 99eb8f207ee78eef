"""Checks blocks, messages and modals as Slack does before it takes them; says no in Slack's words.

Knows the kinds of blocks listed in BLOCKS. Slack has more; one that is not here is `invalid_blocks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from bot.twins.slack import limits
from bot.twins.slack.answers import SlackError
from bot.twins.slack.elements import IN_ACTIONS, IN_INPUT, IN_SECTION, check_element
from bot.twins.slack.escaping import escaped
from bot.twins.slack.findings import ANY_TEXT, Findings
from bot.twins.slack.model import Block

Check = Callable[[Block, str, Findings], None]
RICH_CONTAINERS: Final = (
    "rich_text_section",
    "rich_text_list",
    "rich_text_preformatted",
    "rich_text_quote",
)
RICH_ELEMENTS: Final = ("text", "link", "emoji", "user", "usergroup", "channel", "broadcast", "date", "color")


def check_message(blocks: Any, text: str) -> tuple[Block, ...]:
    """Blocks and text of a message about to be posted; the blocks as a tuple."""
    if len(text) > limits.MESSAGE_TEXT:
        raise SlackError("msg_too_long")
    if blocks is None:
        if not text:
            raise SlackError("no_text")
        return ()
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    if not blocks and not text:
        raise SlackError("no_text")
    _refuse(_found_in_blocks(blocks, "/blocks", most=limits.MESSAGE_BLOCKS, in_modal=False), "invalid_blocks")
    if sum(len(each) for each in texts_of(blocks)) > limits.BLOCKS_TEXT:
        raise SlackError("msg_blocks_too_long")
    return tuple(blocks)


def check_update_text(text: str) -> None:
    """chat.update takes less text than chat.postMessage."""
    if len(escaped(text).encode()) > limits.UPDATE_TEXT_BYTES:
        raise SlackError("msg_too_long")


def check_metadata(metadata: Any) -> dict[str, Any] | None:
    """{event_type, event_payload}: a name and an object."""
    if metadata is None:
        return None
    if not isinstance(metadata, dict):
        raise SlackError("invalid_metadata_format")
    name, payload = metadata.get("event_type"), metadata.get("event_payload")
    if not isinstance(name, str) or not name or not isinstance(payload, dict):
        raise SlackError("invalid_metadata_schema")
    if len(msgspec.json.encode(metadata)) > limits.METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return metadata


def check_view(view: Any) -> dict[str, Any]:
    """A modal about to be opened or to replace one."""
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments", details=("must provide an object [json-pointer:/view]",))
    findings = Findings()
    known = {"type", "title", "blocks", "submit", "close", "callback_id", "private_metadata", "external_id"}
    findings.fields(view, "/view", known | {"clear_on_close", "notify_on_close", "submit_disabled"})
    if view.get("type") != "modal":
        findings.add(f"unsupported type: {view.get('type')}", "/view/type")
    findings.text(view.get("title"), "/view/title", most=limits.VIEW_TITLE)
    for name in ("submit", "close"):
        findings.text(view.get(name), f"/view/{name}", most=limits.VIEW_BUTTON, needed=False)
    for name, most in (("callback_id", limits.CALLBACK_ID), ("private_metadata", limits.PRIVATE_METADATA)):
        findings.string(view.get(name), f"/view/{name}", most=most, needed=False)
    blocks = view.get("blocks")
    findings.found += _found_in_blocks(blocks, "/view/blocks", most=limits.VIEW_BLOCKS, in_modal=True)
    if _has_input(blocks) and view.get("submit") is None:
        findings.add("missing required field: submit", "/view")
    _refuse(findings.found, "invalid_arguments")
    return view


def texts_of(value: Any) -> Iterator[str]:
    """Every text that a reader of these blocks sees."""
    if isinstance(value, list):
        for each in value:
            yield from texts_of(each)
    elif isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for each in value.values():
            yield from texts_of(each)


def _refuse(found: list[str], word: str) -> None:
    if found:
        raise SlackError(word, details=found)


def _has_input(blocks: Any) -> bool:
    return isinstance(blocks, list) and any(
        isinstance(each, dict) and each.get("type") == "input" for each in blocks
    )


def _found_in_blocks(blocks: Any, pointer: str, *, most: int, in_modal: bool) -> list[str]:
    findings = Findings()
    items = findings.items(blocks, pointer, most=most, least=1 if in_modal else 0)
    for number, block in enumerate(items):
        kind, at = block.get("type"), f"{pointer}/{number}"
        check = BLOCKS.get(kind) if isinstance(kind, str) else None
        if check is None or (in_modal and kind in MESSAGE_ONLY):
            findings.add(f"unsupported type: {kind}", f"{at}/type")
            continue
        findings.string(block.get("block_id"), f"{at}/block_id", most=limits.ID, least=1, needed=False)
        check(block, at, findings)
    _unique("block_id", [block.get("block_id") for block in items], pointer, findings)
    # Slack wants an action_id to be unique in its block; in messages we want it unique in the whole message,
    # so that a press says by itself what was pressed.
    for place in [[block] for block in items] if in_modal else [items]:
        _unique("action_id", [each.get("action_id") for each in interactive(place)], pointer, findings)
    return findings.found


def _unique(what: str, values: list[Any], pointer: str, findings: Findings) -> None:
    given = [value for value in values if isinstance(value, str)]
    for value in sorted({value for value in given if given.count(value) > 1}):
        findings.add(f"`{what}` must be unique, {value!r} is not", pointer)


def interactive(blocks: list[Block]) -> Iterator[dict[str, Any]]:
    """Every element of these blocks that a person can use, each in the order in which it is drawn."""
    for block in blocks:
        parts = [block.get("accessory"), block.get("element")]
        if block.get("type") == "actions" and isinstance(block.get("elements"), list):
            parts += block["elements"]
        yield from (part for part in parts if isinstance(part, dict) and part.get("type") != "image")


def _section(block: Block, pointer: str, findings: Findings) -> None:
    findings.fields(block, pointer, {"type", "block_id", "text", "fields", "accessory", "expand"})
    if block.get("text") is None and block.get("fields") is None:
        findings.add("missing required field: text or fields", pointer)
    most = limits.SECTION_TEXT
    findings.text(block.get("text"), f"{pointer}/text", most=most, kinds=ANY_TEXT, needed=False)
    if block.get("fields") is not None:
        for number, field in enumerate(
            findings.items(block["fields"], f"{pointer}/fields", most=limits.SECTION_FIELDS)
        ):
            findings.text(field, f"{pointer}/fields/{number}", most=limits.FIELD_TEXT, kinds=ANY_TEXT)
    accessory = block.get("accessory")
    if isinstance(accessory, dict) and accessory.get("type") == "image":
        _image_parts(accessory, f"{pointer}/accessory", findings)
    elif accessory is not None:
        part = accessory if isinstance(accessory, dict) else {}
        check_element(part, f"{pointer}/accessory", findings, IN_SECTION)


def _header(block: Block, pointer: str, findings: Findings) -> None:
    findings.fields(block, pointer, {"type", "block_id", "text", "level"})
    findings.text(block.get("text"), f"{pointer}/text", most=limits.HEADER_TEXT)


def _context(block: Block, pointer: str, findings: Findings) -> None:
    findings.fields(block, pointer, {"type", "block_id", "elements"})
    elements = findings.items(block.get("elements"), f"{pointer}/elements", most=limits.CONTEXT_ELEMENTS)
    for number, element in enumerate(elements):
        at = f"{pointer}/elements/{number}"
        if element.get("type") == "image":
            _image_parts(element, at, findings)
        else:
            findings.text(element, at, most=limits.SECTION_TEXT, kinds=ANY_TEXT)


def _actions(block: Block, pointer: str, findings: Findings) -> None:
    findings.fields(block, pointer, {"type", "block_id", "elements"})
    elements = findings.items(block.get("elements"), f"{pointer}/elements", most=limits.ACTIONS_ELEMENTS)
    for number, element in enumerate(elements):
        check_element(element, f"{pointer}/elements/{number}", findings, IN_ACTIONS)


def _divider(block: Block, pointer: str, findings: Findings) -> None:
    findings.fields(block, pointer, {"type", "block_id"})


def _image(block: Block, pointer: str, findings: Findings) -> None:
    findings.fields(block, pointer, {"type", "block_id", "image_url", "alt_text", "title"})
    findings.text(block.get("title"), f"{pointer}/title", most=limits.IMAGE_ALT, needed=False)
    _image_parts(block, pointer, findings)


def _image_parts(block: Block, pointer: str, findings: Findings) -> None:
    findings.string(block.get("image_url"), f"{pointer}/image_url", most=limits.URL, least=1)
    findings.string(block.get("alt_text"), f"{pointer}/alt_text", most=limits.IMAGE_ALT, least=1)


def _input(block: Block, pointer: str, findings: Findings) -> None:
    known = {"type", "block_id", "label", "element", "hint", "optional", "dispatch_action"}
    findings.fields(block, pointer, known)
    findings.text(block.get("label"), f"{pointer}/label", most=limits.LABEL)
    findings.text(block.get("hint"), f"{pointer}/hint", most=limits.LABEL, needed=False)
    element = block.get("element")
    check_element(element if isinstance(element, dict) else {}, f"{pointer}/element", findings, IN_INPUT)


def _markdown(block: Block, pointer: str, findings: Findings) -> None:
    findings.fields(block, pointer, {"type", "block_id", "text"})
    findings.string(block.get("text"), f"{pointer}/text", most=limits.MARKDOWN_TEXT, least=1)


def _rich_text(block: Block, pointer: str, findings: Findings) -> None:
    findings.fields(block, pointer, {"type", "block_id", "elements"})
    _rich_parts(block.get("elements"), f"{pointer}/elements", findings, RICH_CONTAINERS)


def _rich_parts(parts: Any, pointer: str, findings: Findings, allowed: tuple[str, ...]) -> None:
    for number, part in enumerate(findings.items(parts, pointer, most=limits.SECTION_TEXT, least=0)):
        at, kind = f"{pointer}/{number}", part.get("type")
        if kind not in allowed:
            findings.add(f"unsupported type: {kind}", f"{at}/type")
        elif kind in RICH_CONTAINERS:
            inner = RICH_CONTAINERS[:1] if kind == "rich_text_list" else RICH_ELEMENTS
            _rich_parts(part.get("elements"), f"{at}/elements", findings, inner)
        elif kind == "text":
            findings.string(part.get("text"), f"{at}/text", most=limits.MESSAGE_TEXT, least=1)
        elif kind == "date" and not (isinstance(part.get("timestamp"), int) and part.get("format")):
            findings.add("missing required field: timestamp and format", at)
        elif kind == "user":
            findings.string(part.get("user_id"), f"{at}/user_id", most=limits.ID, least=1)


def _table(block: Block, pointer: str, findings: Findings) -> None:
    findings.fields(block, pointer, {"type", "block_id", "rows", "column_settings"})
    rows = block.get("rows")
    if not isinstance(rows, list) or not 1 <= len(rows) <= limits.TABLE_ROWS:
        findings.add(f"must have 1 to {limits.TABLE_ROWS} rows", f"{pointer}/rows")
        return
    for number, row in enumerate(rows):
        at = f"{pointer}/rows/{number}"
        for column, cell in enumerate(findings.items(row, at, most=limits.TABLE_COLUMNS)):
            if cell.get("type") == "rich_text":
                _rich_text(cell, f"{at}/{column}", findings)
            elif cell.get("type") != "raw_text":
                findings.add(f"unsupported type: {cell.get('type')}", f"{at}/{column}/type")
            else:
                findings.string(cell.get("text"), f"{at}/{column}/text", most=limits.SECTION_TEXT, least=1)


BLOCKS: Final[Mapping[str, Check]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "divider": _divider,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "table": _table,
}
MESSAGE_ONLY: Final = ("markdown", "table")
