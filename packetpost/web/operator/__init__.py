"""The operator's commands, checks and health."""
