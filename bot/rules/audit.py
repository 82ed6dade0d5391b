"""The chain of the audit log (NS-3): what ties an entry to the one before, and what was done to a log that is no chain.

Every entry carries an HMAC of itself and of the entry before it, under a key that is not in the database. A chain
begins with an entry that says why, and names and seals what stood there before: an older chain, of which this key may
know nothing. Deleting old entries appends one that says how many went and which hash was the last. A head, sealed with
the same key, tells how many entries there are and which is the last; every backup carries it as an anchor.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct

BEGUN = "audit chain begun"
PRUNED = "audit entries deleted"


class Origin(StrEnum):
    """Why a chain begins: with the database; in place of one without a key; after a restore; under another key; or
    because the one before was found not to be whole any more."""

    NEW = "new"
    CARRIED = "carried"
    RESTORED = "restored"
    OTHER_KEY = "other_key"
    FOUND = "found"


class Trouble(StrEnum):
    """What is wrong with a log. NONE: nothing."""

    NONE = ""
    UNKNOWN_KEY = "unknown_key"
    """The head was sealed with another key than ours: nothing can be said of the entries."""
    EMPTIED = "emptied"
    CUT_START = "cut_start"
    CUT_END = "cut_end"
    BROKEN = "broken"
    """An entry was changed, added or taken out."""
    EARLIER = "earlier"
    """Entries from before the chain began are not those that it sealed."""
    HEAD = "head"
    """The head is gone or was not written by this program."""
    BACKUP = "backup"
    """A backup knows another log, or more of this one: an older copy was put back, or all of it was written anew."""


@dataclass(frozen=True, slots=True)
class ChainKey:
    """The key, which does not show itself. `name` tells keys apart and tells nothing of them."""

    secret: bytes = field(repr=False)

    @property
    def name(self) -> str:
        return self.mac("name")[:16]

    def mac(self, *parts: object) -> str:
        """HMAC-SHA256 of texts, numbers and nulls, as hexadecimal digits."""
        return hmac.new(self.secret, _packed(parts), hashlib.sha256).hexdigest()


class Entry(Struct, frozen=True):
    """One entry of the log as it stands."""

    id: int
    at: datetime
    member_id: int | None
    action: str
    subject: str
    hash: str

    @property
    def line(self) -> tuple[object, ...]:
        return self.at.astimezone(UTC).isoformat(), self.member_id, self.action, self.subject


class Head(Struct, frozen=True):
    """The end of a chain: the hash of the entry with which it began, the number of its entries, deleted ones too, the
    hash of the last, the name of the key, and a seal on all of it."""

    chain: str
    entries: int
    hash: str
    key: str
    seal: str

    def fits(self, key: ChainKey) -> bool:
        """Whether this key sealed it."""
        return hmac.compare_digest(self.seal.encode(), sealed(key, self.chain, self.entries, self.hash).seal.encode())


class Beginning(Struct, frozen=True):
    """What the first entry of a chain says: why it begins, what was wrong with the log before, at which entry or how
    many (0: not said), and what of it was sealed: the number of older entries, the old head, a digest of all."""

    why: str
    trouble: str
    place: int
    count: int
    head: str
    digest: str

    @property
    def subject(self) -> str:
        return ":".join((self.why, self.trouble, str(self.place), str(self.count), self.head, self.digest))


class Deletion(Struct, frozen=True):
    """What an entry about deleted ones says: how many went, the hash of the last; how many of this chain are gone in
    all; and what is left of the older ones that its beginning sealed."""

    gone: int
    last: str
    of_chain: int
    count: int
    digest: str

    @property
    def subject(self) -> str:
        return ":".join((str(self.gone), self.last, str(self.of_chain), str(self.count), self.digest))


class Anchor(Struct, frozen=True):
    """What a backup knows of the log: its head, and when it was taken."""

    head: Head
    taken_at: datetime


class Verdict(Struct, frozen=True):
    """What is wrong, at which entry or how many are missing (0: not said), the backup that knows better, and how the
    chain began and when, as long as that entry is kept."""

    trouble: Trouble
    place: int = 0
    anchor: Anchor | None = None
    beginning: Beginning | None = None
    begun_at: datetime | None = None


def sealed(key: ChainKey, chain: str, entries: int, last: str) -> Head:
    """A head under this key."""
    return Head(chain, entries, last, key.name, key.mac("head", chain, entries, last))


def entry_hash(key: ChainKey, before: str, line: Sequence[object]) -> str:
    """The hash of an entry; `before` is that of the entry before it, "" for the first of a chain."""
    return key.mac("entry", before, *line)


def digest(entries: Iterable[Entry]) -> str:
    """A digest of entries with their hashes, for those whose key is not known."""
    found = hashlib.sha256()
    for one in entries:
        found.update(_packed((*one.line, one.hash)) + b"\n")
    return found.hexdigest()


def plain_break(entries: Iterable[Entry]) -> int:
    """The id of the first entry that does not fit a chain without a key, as logs were once kept; 0 when all do. The
    oldest entry is trusted."""
    before: str | None = None
    for one in entries:
        at, member_id, action, subject = one.line
        line = "\x1f".join((before or "", str(at), str(member_id or ""), str(action), str(subject)))
        if before is not None and one.hash != hashlib.sha256(line.encode()).hexdigest():
            return one.id
        before = one.hash
    return 0


def check(entries: Sequence[Entry], head: Head | None, key: ChainKey, anchors: Iterable[Anchor] = ()) -> Verdict:
    """Whether the log, in the order of its ids, is whole, and what was done to it (NS-3)."""
    if head is None:
        return Verdict(Trouble.HEAD if entries else Trouble.EMPTIED)
    if head.key != key.name:
        return Verdict(Trouble.UNKNOWN_KEY)
    if not head.fits(key):
        return Verdict(Trouble.HEAD)
    if not entries:
        return Verdict(Trouble.EMPTIED, head.entries)
    found = _Chain(entries, head)
    verdict = found.check(key)
    return verdict if verdict.trouble else found.compare(anchors, key, verdict)


def is_ours(entries: Sequence[Entry], chain: str, key: ChainKey) -> bool:
    """Whether any entry since `chain` began was written under this key, whatever its head says."""
    hashes = [one.hash for one in entries]
    start = hashes.index(chain) if chain in hashes else 0
    before = ["", *hashes]
    return any(
        entry_hash(key, before[at] if one.action != BEGUN else "", one.line) == one.hash
        for at, one in enumerate(entries)
        if at >= start
    )


class _Chain:
    """The entries since a chain began, and those before."""

    def __init__(self, entries: Sequence[Entry], head: Head) -> None:
        self._head = head
        start = next((at for at, one in enumerate(entries) if one.hash == head.chain), None)
        self._first = None if start is None else entries[start]
        self._earlier, self._entries = entries[: start or 0], entries[start or 0 :]
        told = [one for one in self._entries if one.action == PRUNED]
        self._deletion = _deletion(told[-1]) if told else None
        self._deleted = self._deletion.of_chain if self._deletion and self._first is None else 0

    def check(self, key: ChainKey) -> Verdict:
        missing = self._head.entries - self._deleted - len(self._entries)
        if self._first is None and (self._deletion is None or not self._deletion.of_chain):
            return Verdict(Trouble.CUT_START, max(missing, 0))
        before = self._deletion.last if self._deletion and self._first is None else ""
        for at, one in enumerate(self._entries):
            if entry_hash(key, before, one.line) != one.hash:
                cut = at == 0 and missing > 0
                return Verdict(Trouble.CUT_START, missing) if cut else Verdict(Trouble.BROKEN, one.id)
            before = one.hash
        if missing > 0:
            return Verdict(Trouble.CUT_END, missing)
        if missing < 0 or before != self._head.hash:
            return Verdict(Trouble.HEAD)
        if self._first is None:
            return Verdict(Trouble.NONE)
        beginning = _beginning(self._first)
        told = self._deletion or beginning
        whole = beginning and told and (told.count, told.digest) == (len(self._earlier), digest(self._earlier))
        return Verdict(Trouble.NONE if whole else Trouble.EARLIER, 0, None, beginning, self._first.at)

    def compare(self, anchors: Iterable[Anchor], key: ChainKey, verdict: Verdict) -> Verdict:
        """With what backups know of the log. Heads that this key did not seal say nothing."""
        for anchor in anchors:
            if anchor.head.fits(key) and not self._agrees(anchor, verdict):
                return Verdict(Trouble.BACKUP, 0, anchor, verdict.beginning, verdict.begun_at)
        return verdict

    def _agrees(self, anchor: Anchor, verdict: Verdict) -> bool:
        if anchor.head.chain == self._head.chain:
            place = anchor.head.entries - self._deleted - 1
            return place < 0 or (place < len(self._entries) and self._entries[place].hash == anchor.head.hash)
        if verdict.beginning is None or verdict.begun_at is None:
            return anchor.taken_at < self._entries[0].at
        return anchor.taken_at <= verdict.begun_at and verdict.beginning.why not in (Origin.NEW, Origin.CARRIED)


def _beginning(one: Entry) -> Beginning | None:
    parts = one.subject.split(":")
    if one.action != BEGUN or len(parts) != 6 or not (parts[2].isdecimal() and parts[3].isdecimal()):
        return None
    return Beginning(parts[0], parts[1], int(parts[2]), int(parts[3]), parts[4], parts[5])


def _deletion(one: Entry) -> Deletion | None:
    parts = one.subject.split(":")
    if len(parts) != 5 or not (parts[0].isdecimal() and parts[2].isdecimal() and parts[3].isdecimal()):
        return None
    return Deletion(int(parts[0]), parts[1], int(parts[2]), int(parts[3]), parts[4])


def _packed(parts: Sequence[object]) -> bytes:
    """Texts, numbers and nulls in one way only: no two lists have the same bytes."""
    return json.dumps(parts, ensure_ascii=True, separators=(",", ":")).encode("ascii")
