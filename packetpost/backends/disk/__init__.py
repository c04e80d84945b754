"""Bytes in a folder."""
