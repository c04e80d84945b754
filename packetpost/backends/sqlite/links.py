"""Links, uploads and claims in SQLite."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

from packetpost.backends.sqlite.database import Row
from packetpost.backends.sqlite.room import UPLOAD, Execute, SqliteRoom, begin_waiting, claim_room, uploads
from packetpost.errors import NotFound
from packetpost.models import Bounds, Claim, Ended, Link, Report, Upload
from packetpost.tus_errors import PartTaken

_LINK = "id, owner_hash, password_hash, created_at, expires_at, max_downloads, downloads, ended, sealed"
_CLAIM = "id, link_id, receiver, live_until, streaming, finished, counted, given, sent"
_REPORT = "id, link_id, complaint, text, contact, at"


class SqliteRecords(SqliteRoom):
    """The `Records` Protocol."""

    def add_link(self, link: Link, uploads: Sequence[Upload], bounds: Bounds | None = None) -> None:
        row = (link.id, link.owner_hash, link.password_hash, link.created_at, link.expires_at)
        holder = bounds.holder if bounds else ""
        with self._change() as execute:
            if bounds:
                known = _known(execute, [upload.id for upload in uploads])
                wanted = sum(_held(upload) for upload in uploads if upload.id not in known)
                claim_room(execute, bounds, holder, wanted + len(link.sealed))
            execute(
                f"INSERT INTO links ({_LINK}, holder) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, link.max_downloads, link.downloads, link.ended, link.sealed, holder),
            )
            for upload in uploads:
                _put_upload(execute, replace(upload, link_id=link.id), holder)
            begin_waiting(execute, link.id, link.created_at)

    def link(self, link_id: str) -> Link | None:
        rows = self._rows(f"SELECT {_LINK} FROM links WHERE id = ?", link_id)
        return Link(*rows[0]) if rows else None

    def links(self, most: int) -> list[Link]:
        rows = self._rows(f"SELECT {_LINK} FROM links ORDER BY created_at DESC LIMIT ?", most)
        return [Link(*row) for row in rows]

    def count_links(self, now: float) -> int:
        count: int = self._rows("SELECT COUNT(*) FROM links WHERE ended = '' AND expires_at > ?", now)[0][0]
        return count

    def uploads_of(self, link_id: str) -> list[Upload]:
        return uploads(self._rows(f"SELECT {UPLOAD} FROM uploads WHERE link_id = ? ORDER BY position", link_id))

    def add_upload(self, upload: Upload, bounds: Bounds | None = None) -> None:
        with self._change() as execute:
            if bounds:
                claim_room(execute, bounds, bounds.holder, _held(upload))
            _put_upload(execute, upload, bounds.holder if bounds else "")
            begin_waiting(execute, upload.link_id or upload.id, upload.created_at)

    def claim_parts(self, part_ids: Sequence[str], whole: Upload, bounds: Bounds) -> None:
        with self._change() as execute:
            for part in part_ids:
                row = execute("SELECT whole FROM uploads WHERE id = ? AND partial = 1", (part,)).fetchone()
                if row is None:
                    raise NotFound
                if _known(execute, row):
                    raise PartTaken
                execute("UPDATE uploads SET whole = ? WHERE id = ?", (whole.id, part))
            claim_room(execute, bounds, bounds.holder, _held(whole))
            _put_upload(execute, whole, bounds.holder)
            begin_waiting(execute, whole.id, bounds.now)

    def upload(self, upload_id: str) -> Upload | None:
        found = uploads(self._rows(f"SELECT {UPLOAD} FROM uploads WHERE id = ?", upload_id))
        return found[0] if found else None

    def remove_upload(self, upload_id: str) -> None:
        with self._change() as execute:
            execute("DELETE FROM uploads WHERE id = ?", (upload_id,))

    def set_crc(self, upload_id: str, crc: int) -> None:
        with self._change() as execute:
            execute("UPDATE uploads SET crc = ? WHERE id = ?", (crc, upload_id))

    def end_link(self, link_id: str, reason: Ended) -> bool:
        with self._change() as execute:
            # Nobody can read the names any more; the first letter still says that they were sealed.
            change = "ended = ?, sealed = substr(sealed, 1, 1)"
            return execute(f"UPDATE links SET {change} WHERE id = ? AND ended = ''", (reason, link_id)).rowcount == 1

    def claims_of(self, link_id: str, receiver: str, now: float) -> list[Claim]:
        where = "link_id = ? AND receiver = ? AND live_until > ?"
        return [_claim(row) for row in self._rows(f"SELECT {_CLAIM} FROM claims WHERE {where}", link_id, receiver, now)]

    def fallen_claim(self, link_id: str, receiver: str, now: float) -> Claim | None:
        where = "link_id = ? AND receiver = ? AND counted = 0 AND live_until <= ? ORDER BY live_until DESC LIMIT 1"
        rows = self._rows(f"SELECT {_CLAIM} FROM claims WHERE {where}", link_id, receiver, now)
        return _claim(rows[0]) if rows else None

    def put_claim(self, claim: Claim, now: float) -> bool:
        with self._change() as execute:
            (most, counted) = execute(
                "SELECT max_downloads, downloads FROM links WHERE id = ?", (claim.link_id,)
            ).fetchone()
            (held,) = execute(
                "SELECT COUNT(*) FROM claims WHERE link_id = ? AND id != ? AND counted = 0 AND live_until > ?",
                (claim.link_id, claim.id, now),
            ).fetchone()
            if most is not None and not claim.counted and counted + held >= most:
                return False
            execute(_PUT_CLAIM, _claim_row(claim))
            return True

    def change_claim(self, claim_id: str, change: Callable[[Claim], Claim]) -> Claim | None:
        with self._change() as execute:
            row = execute(f"SELECT {_CLAIM} FROM claims WHERE id = ?", (claim_id,)).fetchone()
            if row is None:
                return None
            before = _claim(row)
            after = change(before)
            execute(_PUT_CLAIM, _claim_row(after))
            if after.counted and not before.counted:
                execute("UPDATE links SET downloads = downloads + 1 WHERE id = ?", (after.link_id,))
            return after

    def links_to_free(self, now: float) -> list[Link]:
        rows = self._rows(
            f"""SELECT {_LINK} FROM links WHERE (expires_at <= ? OR ended != '')
                AND EXISTS (SELECT 1 FROM uploads WHERE link_id = links.id)""",
            now,
        )
        return [Link(*row) for row in rows]

    def used_up_links(self, now: float) -> list[Link]:
        rows = self._rows(
            f"""SELECT {_LINK} FROM links WHERE ended = '' AND downloads >= max_downloads
                AND NOT EXISTS (SELECT 1 FROM claims WHERE link_id = links.id AND live_until > ?)""",
            now,
        )
        return [Link(*row) for row in rows]

    def stray_uploads(self, now: float) -> list[Upload]:
        return uploads(self._rows(f"SELECT {UPLOAD} FROM uploads WHERE link_id = '' AND expires_at <= ?", now))

    def unfinished_bodies(self, before: float) -> list[Upload]:
        where = "link_id = '' AND partial = 0 AND created_at < ?"
        return uploads(self._rows(f"SELECT {UPLOAD} FROM uploads WHERE {where}", before))

    def forget(self, before: float) -> int:
        with self._change() as execute:
            gone = execute(
                """DELETE FROM links WHERE expires_at < ?
                   AND NOT EXISTS (SELECT 1 FROM uploads WHERE link_id = links.id)""",
                (before,),
            ).rowcount
            execute("DELETE FROM claims WHERE live_until < ?", (before,))
            execute("DELETE FROM leases WHERE until < ?", (before,))
            execute("DELETE FROM reports WHERE link_id NOT IN (SELECT id FROM links)")
            return gone

    def known_uploads(self, upload_ids: Sequence[str]) -> set[str]:
        marks = ", ".join("?" * len(upload_ids))
        return {row[0] for row in self._rows(f"SELECT id FROM uploads WHERE id IN ({marks})", *upload_ids)}

    def add_report(self, report: Report, most: int) -> bool:
        with self._change() as execute:
            (count,) = execute("SELECT COUNT(*) FROM reports WHERE link_id = ?", (report.link_id,)).fetchone()
            if count >= most:
                return False
            row = (report.id, report.link_id, report.complaint, report.text, report.contact, report.at)
            execute(f"INSERT INTO reports ({_REPORT}) VALUES (?, ?, ?, ?, ?, ?)", row)
            return True

    def reports(self) -> list[Report]:
        return [Report(*row) for row in self._rows(f"SELECT {_REPORT} FROM reports ORDER BY at DESC")]

    def lease(self, name: str, holder: str, now: float, seconds: float) -> bool:
        with self._change() as execute:
            return (
                execute(
                    """INSERT INTO leases (name, holder, until) VALUES (?, ?, ?) ON CONFLICT (name)
                       DO UPDATE SET holder = excluded.holder, until = excluded.until
                       WHERE leases.until <= ? OR leases.holder = excluded.holder""",
                    (name, holder, now + seconds, now),
                ).rowcount
                == 1
            )

    def secret(self) -> bytes:
        with self._change() as execute:
            execute("INSERT OR IGNORE INTO secrets (name, value) VALUES ('signing', ?)", (secrets.token_bytes(32),))
            value: bytes = execute("SELECT value FROM secrets WHERE name = 'signing'").fetchone()[0]
            return value

    def ping(self) -> None:
        with self._change():
            pass


_PUT_CLAIM = f"INSERT OR REPLACE INTO claims ({_CLAIM}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
# One that is kept already goes on holding what it holds.
_SAME = ", ".join(f"{column} = excluded.{column}" for column in UPLOAD.split(", "))
_PUT_UPLOAD = f"""INSERT INTO uploads ({UPLOAD}, held, kept, holder)
                  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                  ON CONFLICT (id) DO UPDATE SET {_SAME}"""


def _held(upload: Upload) -> int:
    return max(upload.size or 0, upload.least)


def _known(execute: Execute, upload_ids: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for upload_id in upload_ids:
        known.update(*execute("SELECT id FROM uploads WHERE id = ?", (upload_id,)).fetchall())
    return known


def _put_upload(execute: Execute, upload: Upload, holder: str) -> None:
    place = (upload.id, upload.link_id, upload.position, upload.path, upload.size, upload.type)
    facts = (upload.created_at, upload.expires_at, upload.metadata, int(upload.partial), upload.changed_at)
    execute(_PUT_UPLOAD, (*place, *facts, upload.crc, upload.concat, _held(upload), upload.least, holder))


def _claim_row(claim: Claim) -> tuple[object, ...]:
    texts = (",".join(map(str, positions)) for positions in (claim.streaming, sorted(claim.finished)))
    given = ",".join(map(str, claim.given))
    return (claim.id, claim.link_id, claim.receiver, claim.live_until, *texts, int(claim.counted), given, claim.sent)


def _claim(row: Row) -> Claim:
    claim_id, link_id, receiver, live_until, streaming, finished, counted, given, sent = row
    done = frozenset(_positions(finished))
    return Claim(
        claim_id, link_id, receiver, live_until, _positions(streaming), done, bool(counted), _positions(given), sent
    )


def _positions(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(",") if part)
