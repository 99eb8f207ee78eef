"""The truth of the fleet as plain values that can be saved and loaded whole.

Times are whole seconds since 1970 (`_s`): the vendor speaks epoch seconds too. These values change in place;
only `world.py` and `jobs.py` change them.
"""

from __future__ import annotations

import msgspec


class Organisation(msgspec.Struct, kw_only=True):
    """A client company as the RMM knows it."""

    id: int
    name: str


class Site(msgspec.Struct, kw_only=True):
    """A location of an organisation."""

    id: int
    organisation_id: int
    name: str
    address: str
    utc_offset_hours: int = 0


class Patch(msgspec.Struct, kw_only=True):
    """An update and its hidden behaviour; the vendor API shows only name, severity and number."""

    kb: str
    name: str
    severity: str
    products: list[str]
    supersedes: list[str] = []
    cves: list[str] = []
    default_approval: str = "MANUAL"
    needs_reboot: bool = True
    uninstallable: bool = True
    install_minutes_low: int = 4
    install_minutes_high: int = 15
    already_there: bool = False
    """True for an older update that every device of its product has from the beginning."""


class Maintenance(msgspec.Struct, kw_only=True):
    """A maintenance window of one device."""

    start_s: int
    end_s: int
    reason: str
    features: list[str]


class Device(msgspec.Struct, kw_only=True):
    """One machine: what it is, what it has, and what is happening to it."""

    id: int
    uid: str
    organisation_id: int
    site_id: int
    name: str
    node_class: str
    device_class: str
    role: str
    chassis: str
    product: str
    policy_id: int
    tags: list[str]
    disk_free_mb: int
    created_s: int
    last_boot_s: int
    last_contact_s: int
    online: bool = True
    forced_online: bool | None = None
    """Set through the control door; None follows the device's habits."""
    dead: bool = False
    rebooting: bool = False
    needs_reboot: bool = False
    pending: dict[str, str] = {}
    """KB -> MANUAL, APPROVED or REJECTED."""
    installed: dict[str, int] = {}
    failed: dict[str, int] = {}
    taking_effect: list[str] = []
    """KBs installed or removed since the last start of the machine."""
    sick_of: list[str] = []
    job_queue: list[str] = []
    maintenance: Maintenance | None = None

    @property
    def self_patching(self) -> bool:
        """True when an RMM policy installs there on its own schedule."""
        return "self-patching" in self.tags


class Job(msgspec.Struct, kw_only=True):
    """One thing asked of a device; the vendor calls its uid a series."""

    uid: str
    number: int
    device_id: int
    kind: str
    """install, uninstall, script, apply, self_patch, scan or reboot."""
    created_s: int
    updated_s: int
    status: str = "START_REQUESTED"
    result: str | None = None
    script_id: int | None = None
    parameters: str = ""
    kb: str = ""
    key: str = ""
    reason: str = ""
    to_do: list[str] = []
    exit_code: int | None = None
    output: str = ""
    timer_set: bool = False

    @property
    def finished(self) -> bool:
        """Nothing more will come of it."""
        return self.status in ("COMPLETED", "CANCELLED")


class Activity(msgspec.Struct, kw_only=True):
    """One line of the vendor's activity log."""

    id: int
    at_s: int
    device_id: int | None
    activity_type: str
    status_code: str
    subject: str
    message: str
    series_uid: str
    result: str | None = None
    severity: str = "NONE"
    priority: str = "NONE"
    source_name: str = ""
    source_uid: str | None = None
    user_id: int = 0
    params: dict[str, str | int] = {}


class Alert(msgspec.Struct, kw_only=True):
    """An open alert of a device."""

    uid: str
    device_id: int
    kb: str
    raised_s: int
    message: str


class WorldEvent(msgspec.Struct, kw_only=True, order=True):
    """Something that will happen; ordered by time, then by the order in which it was planned."""

    due_s: int
    number: int
    kind: str
    device_id: int = 0
    job_uid: str = ""
    kb: str = ""


class Defect(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A hidden fault of an update on some devices; an empty field matches everything."""

    kind: str
    kb: str | None = None
    device_class: str | None = None
    role: str | None = None
    os: str | None = None
    device_ids: list[int] | None = None
    probability_pm: int = 1000
    after_minutes: int = 20


class Webhook(msgspec.Struct, kw_only=True):
    """The one webhook that a NinjaOne tenant may have."""

    url: str
    activities: dict[str, list[str]] = {}
    expand: list[str] = []
    headers: list[tuple[str, str]] = []
    organisation_ids: list[int] = []


class Counters(msgspec.Struct, kw_only=True):
    """The last number given out, per kind of thing."""

    activity: int = 12_000
    job: int = 0
    event: int = 0
    log: int = 0
    start: int = 0
    """How often this world's server was started; keeps tokens of an earlier run from coming back."""


class WorldState(msgspec.Struct, kw_only=True):
    """Everything that a restart must not lose."""

    seed: int
    now_s: int
    organisations: list[Organisation]
    sites: list[Site]
    devices: dict[int, Device]
    patches: dict[str, Patch]
    jobs: dict[str, Job] = {}
    activities: list[Activity] = []
    alerts: dict[str, Alert] = {}
    events: list[WorldEvent] = []
    defects: list[Defect] = []
    webhook: Webhook | None = None
    effects: list[dict[str, str | int]] = []
    baseline_failure_pm: dict[str, int] = {}
    counters: Counters = msgspec.field(default_factory=Counters)
