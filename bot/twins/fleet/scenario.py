"""What a run is told in advance (JSON or TOML): hidden defects, patch behaviour, the API client's rights."""

from __future__ import annotations

from pathlib import Path

import msgspec

from bot.twins.fleet.hidden import KINDS
from bot.twins.fleet.model import Defect, Patch, WorldState
from bot.twins.fleet.tokens import SCOPES

APPROVALS = ("MANUAL", "APPROVED", "REJECTED")


class BadScenario(Exception):
    """The scenario or a control request names something that this world does not have."""


class PatchBehaviour(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Changes to one update; an empty field leaves it as it is."""

    approval: str | None = None
    needs_reboot: bool | None = None
    uninstallable: bool | None = None
    install_minutes_low: int | None = None
    install_minutes_high: int | None = None


class Scenario(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The whole file; every field may be left out."""

    administrator: bool = True
    """Whether the API client may configure the webhook."""
    allowed_scopes: list[str] = msgspec.field(default_factory=lambda: list(SCOPES))
    baseline_install_failure_pm: dict[str, int] = {}
    """Device class -> everyday failures per thousand attempts."""
    defects: list[Defect] = []
    patches: dict[str, PatchBehaviour] = {}


def read_scenario(path: Path | None) -> Scenario:
    """The scenario of a file, or the quiet one."""
    if path is None:
        return Scenario()
    decode = msgspec.toml.decode if path.suffix == ".toml" else msgspec.json.decode
    try:
        return decode(path.read_bytes(), type=Scenario)
    except (msgspec.DecodeError, msgspec.ValidationError) as fault:
        raise BadScenario(f"{path.name}: {fault}") from fault


def apply_scenario(state: WorldState, scenario: Scenario) -> None:
    """Put the hidden part of a scenario into a new world."""
    for defect in scenario.defects:
        add_defect(state, defect)
    for device_class, probability_pm in scenario.baseline_install_failure_pm.items():
        state.baseline_failure_pm[device_class] = _per_mille(probability_pm)
    for kb, behaviour in scenario.patches.items():
        patch = state.patches.get(kb)
        if patch is None:
            raise BadScenario(f"unknown update {kb}")
        _change_patch(state, patch, behaviour)


def add_defect(state: WorldState, defect: Defect) -> None:
    """A hidden fault, from the file or through the control door."""
    if defect.kind not in KINDS:
        raise BadScenario(f"unknown kind of defect '{defect.kind}', one of {', '.join(KINDS)}")
    if defect.kb is not None and defect.kb not in state.patches:
        raise BadScenario(f"unknown update {defect.kb}")
    unknown = [number for number in defect.device_ids or [] if number not in state.devices]
    if unknown:
        raise BadScenario(f"unknown devices {unknown}")
    if not 0 <= defect.after_minutes <= 7 * 24 * 60:
        raise BadScenario("after_minutes must be within a week")
    _per_mille(defect.probability_pm)
    state.defects.append(defect)


def _per_mille(number: int) -> int:
    if not 0 <= number <= 1000:
        raise BadScenario("probabilities are per mille, 0 to 1000")
    return number


def _change_patch(state: WorldState, patch: Patch, behaviour: PatchBehaviour) -> None:
    for name in ("needs_reboot", "uninstallable", "install_minutes_low", "install_minutes_high"):
        value = getattr(behaviour, name)
        if value is not None:
            setattr(patch, name, value)
    if not 0 < patch.install_minutes_low <= patch.install_minutes_high:
        raise BadScenario(f"KB{patch.kb}: install minutes must be positive and in order")
    if behaviour.approval is None:
        return
    if behaviour.approval not in APPROVALS:
        raise BadScenario(f"KB{patch.kb}: approval must be one of {', '.join(APPROVALS)}")
    for device in state.devices.values():
        if patch.kb in device.pending:
            device.pending[patch.kb] = behaviour.approval
