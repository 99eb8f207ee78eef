"""The doctor's visit to a NinjaOne account: what would make work fail, or go around our gates."""

from __future__ import annotations

from bot.connectors.ninjaone.actions import Actor
from bot.connectors.ninjaone.config import NinjaOneConfig
from bot.connectors.ninjaone.door import Door
from bot.connectors.ninjaone.fleet import FleetReader
from bot.connectors.port import Finding, Level
from bot.core.actions import Declined
from bot.core.errors import OutsideFailed


async def examine(
    config: NinjaOneConfig, door: Door, actor: Actor, reader: FleetReader
) -> tuple[Finding, ...]:
    """Every check runs even when an earlier one finds a fault; without a sign-in there is only that one."""
    try:
        findings = [await _rights(config, door)]
    except OutsideFailed as fault:
        return (Finding(level=Level.FAULT, about="sign-in", sentence=str(fault)),)
    findings.append(await _organisations(reader))
    findings.append(await _script(actor, "install script", config.install_script))
    findings.append(await _script(actor, "uninstall script", config.uninstall_script))
    findings.append(await _own_schedules(reader))
    findings.append(_webhook(config))
    return tuple(findings)


async def _rights(config: NinjaOneConfig, door: Door) -> Finding:
    granted = await door.granted_scopes()
    missing = [scope for scope in config.scopes if scope not in granted]
    if not granted:
        words = "NinjaOne does not say which rights the account has."
        return Finding(level=Level.WARNING, about="rights", sentence=words)
    if missing:
        words = (
            f"The account lacks the rights {', '.join(missing)}; grant them to the API client in NinjaOne."
        )
        return Finding(level=Level.FAULT, about="rights", sentence=words)
    return Finding(level=Level.FINE, about="rights", sentence=f"Granted: {', '.join(granted)}.")


async def _organisations(reader: FleetReader) -> Finding:
    try:
        count = len(await reader.organisations())
    except OutsideFailed as fault:
        return Finding(level=Level.FAULT, about="organisations", sentence=str(fault))
    level = Level.FINE if count else Level.WARNING
    return Finding(level=level, about="organisations", sentence=f"The account sees {count} organisations.")


async def _script(actor: Actor, about: str, name: str) -> Finding:
    try:
        found = await actor.script_id(name)
    except OutsideFailed as fault:
        return Finding(level=Level.FAULT, about=about, sentence=str(fault))
    if isinstance(found, Declined):
        return Finding(level=Level.FAULT, about=about, sentence=found.why)
    return Finding(level=Level.FINE, about=about, sentence=f'The script "{name}" is number {found}.')


async def _own_schedules(reader: FleetReader) -> Finding:
    about = "self-patching policies"
    try:
        count = len(await reader.devices_on_own_schedule())
    except OutsideFailed as fault:
        return Finding(level=Level.FAULT, about=about, sentence=str(fault))
    if count:
        words = (
            f"NinjaOne policies lately installed patches by themselves on {count} devices, outside our gates."
        )
        return Finding(level=Level.WARNING, about=about, sentence=words)
    return Finding(level=Level.FINE, about=about, sentence="No policy was seen installing patches by itself.")


def _webhook(config: NinjaOneConfig) -> Finding:
    words = (
        "Deliveries are accepted."
        if config.webhook_secret
        else "No secret is set: we poll, and accept no deliveries."
    )
    return Finding(level=Level.FINE, about="webhook", sentence=words)
