"""Source maps (ECMA-426, version 3) that say of each line where it stands in the repository."""

import json

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

# A line of a source: its name, its number from 0, and the column from which on it was taken. None: a line of ours.
Origin = tuple[str, int, int] | None


def written(name: str, origins: list[Origin], folder: str) -> bytes:
    """The map of the file `name`, whose lines have these origins. `folder` leads from it to the sources."""
    sources = list(dict.fromkeys(origin[0] for origin in origins if origin))
    numbers = {source: number for number, source in enumerate(sources)}
    before, lines = (0, 0, 0), []
    for origin in origins:
        if not origin:
            lines.append("")
            continue
        now = (numbers[origin[0]], origin[1], origin[2])
        lines.append(_digits(0) + "".join(_digits(new - old) for new, old in zip(now, before, strict=True)))
        before = now
    whole = {
        "version": 3,
        "file": name,
        "sources": [folder + source for source in sources],
        "names": [],
        "mappings": ";".join(lines),
    }
    return json.dumps(whole, separators=(",", ":")).encode()


def _digits(number: int) -> str:
    """A number in base 64, five bits a digit, the lowest first; the lowest bit of all is its sign."""
    rest, digits = abs(number) << 1 | (number < 0), ""
    while True:
        rest, digit = rest >> 5, rest & 31
        digits += _DIGITS[digit | 32 if rest else digit]
        if not rest:
            return digits
