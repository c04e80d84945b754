"""The SQLite schema, as the list of steps that led to it. A step is never changed once released; new ones are added."""

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE links (
             id TEXT PRIMARY KEY, owner_hash TEXT NOT NULL, password_hash TEXT NOT NULL,
             created_at REAL NOT NULL, expires_at REAL NOT NULL,
             max_downloads INTEGER, downloads INTEGER NOT NULL, ended TEXT NOT NULL) STRICT""",
        "CREATE INDEX links_by_expiry ON links (expires_at)",
        """CREATE TABLE uploads (
             id TEXT PRIMARY KEY, link_id TEXT NOT NULL, position INTEGER NOT NULL, path TEXT NOT NULL, size INTEGER,
             type TEXT NOT NULL, created_at REAL NOT NULL, expires_at REAL NOT NULL, metadata TEXT NOT NULL,
             partial INTEGER NOT NULL) STRICT""",
        "CREATE INDEX uploads_without_size ON uploads (id) WHERE size IS NULL",
        "CREATE INDEX uploads_by_link ON uploads (link_id, position)",
        """CREATE TABLE claims (
             id TEXT PRIMARY KEY, link_id TEXT NOT NULL, receiver TEXT NOT NULL, live_until REAL NOT NULL,
             streaming TEXT NOT NULL, finished TEXT NOT NULL, counted INTEGER NOT NULL) STRICT""",
        "CREATE INDEX claims_by_receiver ON claims (link_id, receiver)",
        "CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until REAL NOT NULL) STRICT",
        "CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT",
    ),
    (
        """CREATE TABLE sessions (
             id TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE, created_at REAL NOT NULL, expires_at REAL NOT NULL,
             max_receivers INTEGER NOT NULL, joined INTEGER NOT NULL, closed INTEGER NOT NULL,
             moving_until REAL NOT NULL, link_id TEXT NOT NULL) STRICT""",
        """CREATE TABLE seats (
             session_id TEXT NOT NULL, number INTEGER NOT NULL, token_hash TEXT NOT NULL,
             PRIMARY KEY (session_id, number)) STRICT""",
    ),
    ("ALTER TABLE links ADD COLUMN sealed TEXT NOT NULL DEFAULT ''",),
    (
        """CREATE TABLE reports (
             id TEXT PRIMARY KEY, link_id TEXT NOT NULL, complaint TEXT NOT NULL, text TEXT NOT NULL,
             contact TEXT NOT NULL, at REAL NOT NULL) STRICT""",
        "CREATE INDEX reports_by_link ON reports (link_id)",
        "CREATE INDEX links_by_creation ON links (created_at)",
    ),
)
