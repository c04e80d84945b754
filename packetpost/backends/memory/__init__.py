"""Signals and waiting within one process."""
