"""What one fresh reading says about one device: pure judgement, one device at a time.

A reading older than the device's last step is ignored, so that late and reordered reports change nothing.
What is not known is never taken as good.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.actions import DeviceReport, JobResult
from bot.core.offers import Offer, Target
from bot.core.rollout.messages import Move
from bot.core.rollout.state import GOING_BACK, IN_FLIGHT, DeviceState, Run

REBOOT_NEEDED_EXIT = 3010
"""ERROR_SUCCESS_REBOOT_REQUIRED of Windows Installer and the update stand-alone installer."""
CLOCK_SKEW = timedelta(minutes=2)
"""The device's clock tells its last start, ours the intent: so far they may be apart."""
GOOD_EXITS = (0, REBOOT_NEEDED_EXIT)

D = DeviceState


def judge(run: Run, report: DeviceReport, offer: Offer) -> Move | None:
    """The step this reading means for this device, or None when it changes nothing."""
    if run.since is not None and report.read_at < run.since:
        return None
    target = offer.target(run.device)
    if target is None:
        return None
    if run.state == D.HELD:
        return _to(run, D.PREFLIGHT, "back online") if report.online else None
    if run.state == D.PREFLIGHT:
        return _preflight(run, report, target)
    if run.state in IN_FLIGHT:
        return _in_flight(run, report, offer, target)
    if run.state == D.HEALTHY:
        return _watch(run, report)
    if run.state == D.SILENT:
        return _late(run, report, target)
    if run.state in GOING_BACK or run.state == D.ROLLBACK_FAILED:
        return _going_back(run, report, offer, target)
    return None


def _preflight(run: Run, report: DeviceReport, target: Target) -> Move | None:
    """None means ready: the caller starts it in the same decision."""
    if report.organisation_id != target.organisation_id:
        return _to(run, D.BLOCKED, "the RMM now lists it under another client: map it again and plan anew")
    if target.kb in report.installed:
        return _to(run, D.ALREADY_INSTALLED, "had it already")
    if not report.online:
        return _to(run, D.HELD, "off: follows when it is back")
    approved_now = tuple(sorted(p.kb for p in report.pending if p.approval == "approved"))
    if approved_now != tuple(sorted(target.approved_set)):
        return _to(run, D.BLOCKED, _difference(target.approved_set, approved_now))
    if target.kb not in {patch.kb for patch in report.pending}:
        return _to(run, D.BLOCKED, f"KB{target.kb} is no longer offered to this device")
    return None


def _difference(before: tuple[str, ...], now: tuple[str, ...]) -> str:
    added = ", ".join(f"KB{kb}" for kb in sorted(set(now) - set(before)))
    gone = ", ".join(f"KB{kb}" for kb in sorted(set(before) - set(now)))
    parts = [f"newly approved in the RMM: {added}"] if added else []
    parts += [f"no longer approved in the RMM: {gone}"] if gone else []
    return "set changed since approval (" + "; ".join(parts) + ")"


def _in_flight(run: Run, report: DeviceReport, offer: Offer, target: Target) -> Move | None:
    if run.state == D.INSTALLING:
        job = _job(report, run.key)
        if job is not None and (ending := _bad_ending(job)):
            return _bad(run, f"install {ending}")
        if job is None or job.finished_at is None:
            return _overdue(run, report, offer)
        if report.needs_reboot is not False and job.exit_code == REBOOT_NEEDED_EXIT:
            return _to(run, D.REBOOTING, "installed, restarts", key=_next_key(run, "reboot"))
        if report.needs_reboot:
            return _to(run, D.REBOOTING, "installed, restarts", key=_next_key(run, "reboot"))
    if run.state == D.REBOOTING and not _restarted_since(run, report):
        return _overdue(run, report, offer)
    return _verify(run, report, offer, target)


def _verify(run: Run, report: DeviceReport, offer: Offer, target: Target) -> Move | None:
    if report.healthy is False:
        return _bad(run, "the RMM reports it unhealthy")
    clean = target.kb in report.installed and target.kb not in {p.kb for p in report.pending}
    if report.online and clean and report.healthy and not report.needs_reboot:
        return _to(run, D.HEALTHY, "installed and healthy", counted="ok")
    if target.kb in report.failed and not clean:
        return _bad(run, "the RMM lists the install as failed")
    overdue = _overdue(run, report, offer)
    if overdue is None and run.state != D.VERIFYING:
        return None if run.state == D.INSTALLING else _to(run, D.VERIFYING, "back, being checked")
    return overdue


def _overdue(run: Run, report: DeviceReport, offer: Offer) -> Move | None:
    """Silence by the deadline of the device's class is a failure with a name of its own."""
    since = run.since or report.read_at
    patience = timedelta(seconds=offer.classes[run.device_class].silent_after_seconds)
    if run.state == D.INSTALLING:
        patience = max(patience, timedelta(seconds=offer.install_deadline_seconds))
    if report.read_at < since + patience:
        return None
    if not report.online:
        return _to(run, D.SILENT, f"no contact since {_clock(report.last_contact)}", counted="bad")
    return _bad(run, "no result by the deadline")


def missing(run: Run, read_at: datetime, offer: Offer) -> Move | None:
    """A device that the RMM no longer knows: silent by its deadline, blocked before its start."""
    if run.since is not None and read_at < run.since:
        return None
    if run.state == D.PREFLIGHT:
        return _to(run, D.BLOCKED, "the RMM no longer knows this device")
    if run.state in GOING_BACK:
        deadline = (run.since or read_at) + timedelta(seconds=offer.install_deadline_seconds)
        gone = "the RMM no longer knows this device"
        return _to(run, D.ROLLBACK_FAILED, gone) if read_at >= deadline else None
    if run.state not in IN_FLIGHT:
        return None
    patience = timedelta(seconds=offer.classes[run.device_class].silent_after_seconds)
    if run.since is not None and read_at >= run.since + patience:
        return _to(run, D.SILENT, "the RMM no longer knows this device", counted="bad")
    return None


def _watch(run: Run, report: DeviceReport) -> Move | None:
    if report.healthy is False:
        return _bad(run, "turned unhealthy after the update")
    return None


def _late(run: Run, report: DeviceReport, target: Target) -> Move | None:
    """Back after its deadline: the count stays what it was, the list tells the truth."""
    if not report.online or (run.since is not None and report.read_at <= run.since):
        return None
    if target.kb in report.installed and report.healthy is not False and not report.needs_reboot:
        return _to(run, D.HEALTHY, "back late, healthy")
    return None


def _going_back(run: Run, report: DeviceReport, offer: Offer, target: Target) -> Move | None:
    removed = target.kb not in report.installed
    if run.state == D.ROLLING_BACK:
        job = _job(report, run.key)
        # Taking off what never got on ends badly, and yet the device is as it was: the reading decides.
        ending = _bad_ending(job) if job is not None else ""
        if ending and not (removed and report.online):
            return _to(run, D.ROLLBACK_FAILED, f"uninstall {ending}")
        if job is None or (job.finished_at is None and not ending):
            return _rollback_overdue(run, report, offer)
        if report.needs_reboot or job.exit_code == REBOOT_NEEDED_EXIT:
            return _to(run, D.REBOOTING_BACK, "removed, restarts", key=_next_key(run, "reboot-back"))
    if run.state == D.REBOOTING_BACK and not _restarted_since(run, report):
        return _rollback_overdue(run, report, offer)
    if removed and report.online and not report.needs_reboot:
        return _to(run, D.RESTORED, "read again: no longer installed")
    if run.state == D.ROLLBACK_FAILED:
        return None
    return _rollback_overdue(run, report, offer)


def _rollback_overdue(run: Run, report: DeviceReport, offer: Offer) -> Move | None:
    since = run.since or report.read_at
    if report.read_at < since + timedelta(seconds=offer.install_deadline_seconds):
        return None
    state = "off" if not report.online else "still installed"
    return _to(run, D.ROLLBACK_FAILED, f"not back by the deadline: {state}")


def _restarted_since(run: Run, report: DeviceReport) -> bool:
    return bool(
        report.last_boot and run.since and report.last_boot >= run.since - CLOCK_SKEW and report.online
    )


def _job(report: DeviceReport, key: str) -> JobResult | None:
    return next((job for job in report.jobs if job.key == key), None)


def _bad_ending(job: JobResult) -> str:
    """How a job failed by its own word: its exit code, or the RMM's verdict where there is no code."""
    if job.exit_code is not None:
        return "" if job.exit_code in GOOD_EXITS else f"ended with code {job.exit_code}"
    return "failed, the RMM says" if job.succeeded is False else ""


def _next_key(run: Run, verb: str) -> str:
    return f"{run.key.rsplit(':', 1)[0]}:{verb}"


def _bad(run: Run, why: str) -> Move:
    return _to(run, D.FAILED, why, counted="bad")


def _to(run: Run, state: DeviceState, why: str, *, key: str = "", counted: str = "") -> Move:
    return Move(device=run.device, to=state, why=why, key=key, counted=counted)


def _clock(moment: datetime | None) -> str:
    return f"{moment:%H:%M} UTC" if moment else "the start"
