"""Slack's limits by name. Source: Slack's reference, as slack_sdk carries it, unless said otherwise."""

from __future__ import annotations

from typing import Final

# --- messages ---
MESSAGE_BLOCKS: Final = 50
MESSAGE_TEXT: Final = 40_000
"""Characters of chat.postMessage's text. Slack cuts there; we refuse, so that nothing is lost unseen."""
UPDATE_TEXT_BYTES: Final = 4_000
"""chat.update's text: bytes, after escaping `& < >` (measured by others, not in the reference)."""
BLOCKS_TEXT: Final = 13_200
"""All texts of all blocks of a message together: undocumented, measured in bolt-js issue 2509."""
METADATA_BYTES: Final = 16_384
"""Size of a message's metadata as JSON. Slack names no figure in public; this one is ours."""

# --- blocks ---
HEADER_TEXT: Final = 150
SECTION_TEXT: Final = 3_000
SECTION_FIELDS: Final = 10
FIELD_TEXT: Final = 2_000
CONTEXT_ELEMENTS: Final = 10
ACTIONS_ELEMENTS: Final = 25
MARKDOWN_TEXT: Final = 12_000
IMAGE_ALT: Final = 2_000
URL: Final = 3_000
ID: Final = 255
"""Characters of an action_id or a block_id."""
TABLE_ROWS: Final = 100
TABLE_COLUMNS: Final = 20

# --- elements ---
BUTTON_TEXT: Final = 75
BUTTON_VALUE: Final = 2_000
BUTTON_STYLES: Final = ("primary", "danger")
ACCESSIBILITY_LABEL: Final = 75
OPTIONS: Final = 100
OVERFLOW_OPTIONS: Final = 5
CHOICE_OPTIONS: Final = 10
"""Options of radio buttons and checkboxes."""
OPTION_TEXT: Final = 75
OPTION_VALUE: Final = 150
PLACEHOLDER: Final = 150
CONFIRM_TITLE: Final = 100
CONFIRM_TEXT: Final = 300
CONFIRM_BUTTON: Final = 30
INPUT_LENGTH: Final = 3_000

# --- modals ---
VIEW_BLOCKS: Final = 100
VIEW_TITLE: Final = 24
VIEW_BUTTON: Final = 24
"""Characters of a modal's submit and close."""
PRIVATE_METADATA: Final = 3_000
CALLBACK_ID: Final = 255
LABEL: Final = 2_000

# --- time ---
ANSWER_S: Final = 3.0
"""What the bot has for its HTTP answer to a command, a click, a submit or an event."""
TRIGGER_S: Final = 3.0
RESPONSE_URL_S: Final = 1_800.0
RESPONSE_URL_USES: Final = 5
RETRY_AFTER_S: Final = (0, 60, 300)
"""An event that was not taken comes again at once, a minute later, and five minutes after that."""
REPLAY_S: Final = 300
"""Age of a signed request after which no receiver may take it."""

# --- rates ---
CHANNEL_MESSAGES_A_SECOND: Final = 1.0
CHANNEL_BURST: Final = 3
"""Slack speaks of short bursts without a number; three at once is ours."""
WORKSPACE_MESSAGES_A_MINUTE: Final = 300
"""Slack says "several hundred"; this is the least that the words allow."""
TIER_2, TIER_3, TIER_4 = 20, 50, 100
"""Calls of one method a minute. Slack writes "20+": we stop at the number itself."""

HISTORY_DEFAULT: Final = 100
HISTORY_MOST: Final = 999
MEMBERS_MOST: Final = 1_000
