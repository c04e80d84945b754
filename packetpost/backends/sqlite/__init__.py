"""Facts in an SQLite file."""
