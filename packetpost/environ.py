"""Reads single values from an environment, with their defaults and units, and refuses with a sentence that names them.

Owns how a value is written; which there are, and what they mean together, is for `settings`.
"""

from collections.abc import Mapping
from importlib.util import find_spec

from packetpost.errors import SettingsError


class Environ:
    """An environment and the table of what may be in it: name -> (default as it would be written, unit)."""

    def __init__(self, environ: Mapping[str, str], table: Mapping[str, tuple[str, str]]) -> None:
        self._environ, self._table = environ, table

    def text(self, name: str) -> str:
        """The value without blanks around it; an empty one means the default."""
        return self._environ.get(name, "").strip() or self._table[name][0]

    def number(self, name: str, least: int, most: int | None = None) -> int:
        text = self.text(name)
        if not text.isascii() or not text.isdigit():
            raise SettingsError(f"{name} must be a whole number of {self._table[name][1]}, not {text!r}.")
        value = int(text)
        if value < least or (most is not None and value > most):
            bounds = f"at least {least}" if most is None else f"from {least} to {most}"
            raise SettingsError(f"{name} must be {bounds}, not {value}.")
        return value

    def choice(self, name: str, *choices: str) -> str:
        text = self.text(name).lower()
        if text not in choices:
            raise SettingsError(f"{name} must be {' or '.join(choices)}, not {text!r}.")
        return text

    def switch(self, name: str) -> bool:
        return self.choice(name, "on", "off") == "on"

    def items(self, name: str) -> list[str]:
        """What stands between commas."""
        return [part.strip() for part in self.text(name).split(",")]

    def web_address(self, name: str) -> str:
        """An http or https address, or ''."""
        url = self.text(name)
        if url and not url.startswith(("http://", "https://")):
            raise SettingsError(f"{name} must start with http:// or https://, as in https://post.example.")
        return url


def check_installed(name: str, package: str) -> None:
    """Raises SettingsError where the package that setting `name` needs is not there."""
    if find_spec(package) is None:
        raise SettingsError(
            f"{name} needs the Python package {package}, which is not installed. Install it by "
            "pip install -r requirements-scale.txt, or leave the setting out."
        )
