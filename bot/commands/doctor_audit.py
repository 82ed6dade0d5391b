"""What `doctor` says of the audit log: whole, or what was done to it, and what to do."""

from __future__ import annotations

from pathlib import Path

from bot.clock import SHANGHAI
from bot.commands.findings import Finding
from bot.config import Settings
from bot.rules.audit import Origin, Trouble, Verdict
from bot.store import audit
from bot.store.core import backup
from bot.store.core.secret import chain_key, known_secret
from bot.store.core.statements import StoreSession
from bot.texts import Texts

_ITEM = "cli.doctor.audit"
_DAY = "%Y-%m-%d %H:%M"


def audit_finding(session: StoreSession, settings: Settings, texts: Texts) -> Finding:
    """The one line on the log. To be read in one snapshot, for the program may be appending."""
    secret = known_secret(settings)
    if secret is None:
        return Finding(_ITEM, False, texts("cli.doctor.audit_unknown_key"))
    verdict = audit.verdict_on(session, chain_key(secret), backup.anchors(Path(settings.store.backup_folder)))
    if verdict.trouble:
        return Finding(_ITEM, False, _trouble(verdict, texts))
    return _beginning(verdict, texts)


def _trouble(verdict: Verdict, texts: Texts) -> str:
    taken = verdict.anchor.taken_at.astimezone(SHANGHAI).strftime(_DAY) if verdict.anchor else ""
    return texts(f"cli.doctor.audit_{verdict.trouble}", place=verdict.place, day=taken)


def _beginning(verdict: Verdict, texts: Texts) -> Finding:
    """As long as its first entry is kept, why the chain began; what was found then stays a finding."""
    begun, at = verdict.beginning, verdict.begun_at
    if begun is None or at is None:
        return Finding(_ITEM, True, "")
    day = at.astimezone(SHANGHAI).strftime(_DAY)
    if begun.trouble in list(Trouble) and begun.trouble:
        what = _trouble(Verdict(Trouble(begun.trouble), begun.place), texts)
        return Finding(_ITEM, False, texts("cli.doctor.audit_found", day=day, count=begun.count, what=what))
    if begun.why in (Origin.RESTORED, Origin.OTHER_KEY):
        return Finding(_ITEM, True, texts(f"cli.doctor.audit_{begun.why}", day=day, count=begun.count))
    return Finding(_ITEM, True, "")
