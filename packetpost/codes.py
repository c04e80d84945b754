"""The short codes that people read out, type and scan: made, shown, and read back as people type them. Pure."""

import secrets

from packetpost.errors import BadRequest

# No I and 1, no O and 0: nobody should have to ask which one it was.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_LENGTH = 8


def new_code() -> str:
    """Eight characters, 40 bits: guessing one is hopeless within a session's minutes and the joins' rate limit."""
    return "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))


def parse_code(text: str) -> str:
    """The code as it is kept; case, spaces and dashes do not matter. Raises BadRequest."""
    code = "".join(char for char in text.upper() if char not in " -\u2010\u2011\u2013\t")
    if len(code) != _LENGTH or any(char not in ALPHABET for char in code):
        raise BadRequest("A code has eight letters and digits, as in K7QF-3MZP. Check it and try again.")
    return code


def show_code(code: str) -> str:
    """In two groups, as people see it: `K7QF-3MZP`."""
    return f"{code[:4]}-{code[4:]}"
