"""Links, uploads and claims in SQLite."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from packetpost.backends.sqlite.database import Database, Row
from packetpost.models import Claim, Ended, Link, Report, Upload

_LINK = "id, owner_hash, password_hash, created_at, expires_at, max_downloads, downloads, ended, sealed"
_UPLOAD = "id, link_id, position, path, size, type, created_at, expires_at, metadata, partial"
_CLAIM = "id, link_id, receiver, live_until, streaming, finished, counted"
_REPORT = "id, link_id, complaint, text, contact, at"


class SqliteRecords:
    """The `Records` Protocol."""

    def __init__(self, database: Database) -> None:
        self._change, self._rows = database.change, database.rows

    def add_link(self, link: Link, uploads: Sequence[Upload]) -> None:
        row = (link.id, link.owner_hash, link.password_hash, link.created_at, link.expires_at)
        with self._change() as execute:
            execute(
                f"INSERT INTO links ({_LINK}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, link.max_downloads, link.downloads, link.ended, link.sealed),
            )
            for upload in uploads:
                execute(_PUT_UPLOAD, _upload_row(replace(upload, link_id=link.id)))

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
        return _uploads(self._rows(f"SELECT {_UPLOAD} FROM uploads WHERE link_id = ? ORDER BY position", link_id))

    def add_upload(self, upload: Upload) -> None:
        with self._change() as execute:
            execute(_PUT_UPLOAD, _upload_row(upload))

    def upload(self, upload_id: str) -> Upload | None:
        found = _uploads(self._rows(f"SELECT {_UPLOAD} FROM uploads WHERE id = ?", upload_id))
        return found[0] if found else None

    def set_size(self, upload_id: str, size: int) -> None:
        with self._change() as execute:
            execute("UPDATE uploads SET size = ? WHERE id = ?", (size, upload_id))

    def remove_upload(self, upload_id: str) -> None:
        with self._change() as execute:
            execute("DELETE FROM uploads WHERE id = ?", (upload_id,))

    def end_link(self, link_id: str, reason: Ended) -> bool:
        with self._change() as execute:
            return execute("UPDATE links SET ended = ? WHERE id = ? AND ended = ''", (reason, link_id)).rowcount == 1

    def promised_bytes(self) -> int:
        total: int = self._rows("SELECT COALESCE(SUM(size), 0) FROM uploads")[0][0]
        return total

    def claims_of(self, link_id: str, receiver: str, now: float) -> list[Claim]:
        where = "link_id = ? AND receiver = ? AND live_until > ?"
        return [_claim(row) for row in self._rows(f"SELECT {_CLAIM} FROM claims WHERE {where}", link_id, receiver, now)]

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
        return _uploads(self._rows(f"SELECT {_UPLOAD} FROM uploads WHERE link_id = '' AND expires_at <= ?", now))

    def unfinished_bodies(self, before: float) -> list[Upload]:
        where = "link_id = '' AND partial = 0 AND created_at < ?"
        return _uploads(self._rows(f"SELECT {_UPLOAD} FROM uploads WHERE {where}", before))

    def unsized_uploads(self) -> list[str]:
        return [row[0] for row in self._rows("SELECT id FROM uploads WHERE size IS NULL")]

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


_PUT_UPLOAD = f"INSERT OR REPLACE INTO uploads ({_UPLOAD}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_PUT_CLAIM = f"INSERT OR REPLACE INTO claims ({_CLAIM}) VALUES (?, ?, ?, ?, ?, ?, ?)"


def _upload_row(upload: Upload) -> tuple[object, ...]:
    place = (upload.id, upload.link_id, upload.position, upload.path, upload.size, upload.type)
    return (*place, upload.created_at, upload.expires_at, upload.metadata, int(upload.partial))


def _uploads(rows: list[Row]) -> list[Upload]:
    return [_upload(*row) for row in rows]


def _upload(*columns: Any) -> Upload:
    *most, partial = columns
    values = dict(zip(_UPLOAD.split(", "), (*most, bool(partial)), strict=True))
    return Upload(**values)


def _claim_row(claim: Claim) -> tuple[object, ...]:
    texts = (",".join(map(str, positions)) for positions in (claim.streaming, sorted(claim.finished)))
    return (claim.id, claim.link_id, claim.receiver, claim.live_until, *texts, int(claim.counted))


def _claim(row: Row) -> Claim:
    claim_id, link_id, receiver, live_until, streaming, finished, counted = row
    return Claim(
        claim_id, link_id, receiver, live_until, _positions(streaming), frozenset(_positions(finished)), bool(counted)
    )


def _positions(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(",") if part)
