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
    # What is held of the room: kept up by triggers, so that no statement can forget it and no sum grows with the links.
    (
        "ALTER TABLE uploads ADD COLUMN held INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE uploads ADD COLUMN kept INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE uploads ADD COLUMN holder TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE uploads ADD COLUMN unseen INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE uploads ADD COLUMN whole TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE links ADD COLUMN holder TEXT NOT NULL DEFAULT ''",
        "DROP INDEX uploads_without_size",
        "CREATE INDEX uploads_unseen ON uploads (id) WHERE unseen = 1",
        "UPDATE uploads SET held = MAX(COALESCE(size, 0), 4096), kept = MAX(COALESCE(size, 0), 4096)",
        "UPDATE links SET sealed = substr(sealed, 1, 1) WHERE ended != ''",
        "CREATE TABLE room (held INTEGER NOT NULL, kept INTEGER NOT NULL) STRICT",
        """INSERT INTO room SELECT
             (SELECT COALESCE(SUM(held), 0) FROM uploads) + (SELECT COALESCE(SUM(length(sealed)), 0) FROM links),
             (SELECT COALESCE(SUM(kept), 0) FROM uploads)""",
        "CREATE TABLE holders (holder TEXT PRIMARY KEY, held INTEGER NOT NULL) STRICT",
        "CREATE TABLE waiting (id TEXT PRIMARY KEY, moved_at REAL NOT NULL) STRICT",
        "CREATE INDEX waiting_by_time ON waiting (moved_at)",
        """CREATE TRIGGER holder_changed AFTER UPDATE ON holders WHEN NEW.held <= 0 BEGIN
             DELETE FROM holders WHERE holder = NEW.holder;
           END""",
        """CREATE TRIGGER upload_added AFTER INSERT ON uploads BEGIN
             UPDATE room SET held = held + NEW.held, kept = kept + NEW.kept;
             INSERT INTO holders SELECT NEW.holder, NEW.held WHERE NEW.holder != ''
               ON CONFLICT (holder) DO UPDATE SET held = held + excluded.held;
           END""",
        """CREATE TRIGGER upload_changed AFTER UPDATE OF held, kept ON uploads BEGIN
             UPDATE room SET held = held + NEW.held - OLD.held, kept = kept + NEW.kept - OLD.kept;
             UPDATE holders SET held = held + NEW.held - OLD.held WHERE holder = NEW.holder;
           END""",
        """CREATE TRIGGER upload_removed AFTER DELETE ON uploads BEGIN
             UPDATE room SET held = held - OLD.held, kept = kept - OLD.kept;
             UPDATE holders SET held = held - OLD.held WHERE holder = OLD.holder;
           END""",
        """CREATE TRIGGER link_added AFTER INSERT ON links WHEN NEW.sealed != '' BEGIN
             UPDATE room SET held = held + length(NEW.sealed);
             INSERT INTO holders SELECT NEW.holder, length(NEW.sealed) WHERE NEW.holder != ''
               ON CONFLICT (holder) DO UPDATE SET held = held + excluded.held;
           END""",
        """CREATE TRIGGER link_changed AFTER UPDATE OF sealed ON links BEGIN
             UPDATE room SET held = held + length(NEW.sealed) - length(OLD.sealed);
             UPDATE holders SET held = held + length(NEW.sealed) - length(OLD.sealed) WHERE holder = NEW.holder;
           END""",
        """CREATE TRIGGER link_removed AFTER DELETE ON links WHEN OLD.sealed != '' BEGIN
             UPDATE room SET held = held - length(OLD.sealed);
             UPDATE holders SET held = held - length(OLD.sealed) WHERE holder = OLD.holder;
           END""",
    ),
    ("ALTER TABLE sessions ADD COLUMN falling_back_until REAL NOT NULL DEFAULT 0",),
    (
        "ALTER TABLE claims ADD COLUMN given TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE claims ADD COLUMN sent INTEGER NOT NULL DEFAULT 0",
    ),
    ("ALTER TABLE uploads ADD COLUMN changed_at REAL", "ALTER TABLE uploads ADD COLUMN crc INTEGER"),
    (
        # However often somebody has fetched a file, these two looks cost the same.
        "CREATE INDEX claims_by_life ON claims (link_id, receiver, live_until)",
        "CREATE INDEX claims_that_fell ON claims (link_id, receiver, live_until) WHERE counted = 0",
        "DROP INDEX claims_by_receiver",
    ),
    ("ALTER TABLE uploads ADD COLUMN concat TEXT NOT NULL DEFAULT ''",),
)
