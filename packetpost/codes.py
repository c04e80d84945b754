"""The server's part of the codes that people read out and type: made, and read back. Pure.

It finds the session. Of a sealed one it is the first half: the other is made in the sender's browser, and stays there.
"""

import secrets

from packetpost.errors import BadRequest

# No I and 1, no O and 0: nobody should have to ask which one it was.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
# The first character says how many the server's part has, so that pages cut there without asking anybody.
FIRST = {4: "ABCDEFGHJKLMNPQR", 5: "STU", 6: "VWX", 7: "YZ", 8: "23456789"}
_SHORTEST, _LONGEST = min(FIRST), max(FIRST)


def new_code(sealed: bool, taken: int = 0) -> str:
    """A free choice among the codes of one length.

    Of a sealed session four characters, and one more for each that was `taken`: as short as the open sessions allow.
    A plain one has no other half: eight (38 bits), which nobody guesses within its minutes and the joins' rate limit.
    """
    length = min(_LONGEST, _SHORTEST + taken) if sealed else _LONGEST
    return secrets.choice(FIRST[length]) + "".join(secrets.choice(ALPHABET) for _ in range(length - 1))


def is_half(code: str) -> bool:
    """Whether it can only be the first half of a sealed session's code, however many sessions are open."""
    return len(code) < _LONGEST


def parse_code(text: str) -> str:
    """The code as it is kept; case, spaces and dashes do not matter. Raises BadRequest."""
    code = "".join(char for char in text.upper() if char not in " -\u2010\u2011\u2013\t")
    if not _SHORTEST <= len(code) <= _LONGEST or any(char not in ALPHABET for char in code):
        raise BadRequest(
            "No code looks like that. The sender's page shows one, as in K7QF-3MZPA: check it and try again."
        )
    return code


def show_code(code: str) -> str:
    """As people see it: eight in two groups, as in `27QF-3MZP`."""
    return f"{code[:4]}-{code[4:]}" if len(code) == _LONGEST else code
