"""Facts as Redis keeps them: one hash a fact, one text a field, absent where there is none."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar

T = TypeVar("T")


def _positions(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(",") if part)


_READ: dict[object, Callable[[str], object]] = {
    float: float,
    int: int,
    int | None: int,
    float | None: float,
    bool: lambda text: text == "1",
    tuple[int, ...]: _positions,
    frozenset[int]: lambda text: frozenset(_positions(text)),
}


def pack(fact: Any) -> dict[str, str]:  # a dataclass of `models`
    """Its fields as texts."""
    values = {field.name: getattr(fact, field.name) for field in fields(fact)}
    return {name: _text(value) for name, value in values.items() if value is not None}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return repr(value)  # the shortest text that gives the same number back
    if isinstance(value, tuple | frozenset):
        return ",".join(map(str, value if isinstance(value, tuple) else sorted(value)))
    return str(value)


def unpack(kind: type[T], stored: Mapping[str, str]) -> T | None:
    """The fact of this kind; None of an empty hash. Fields that an older version did not know get their default."""
    if not stored:
        return None
    values: dict[str, object] = {}
    for field in fields(kind):  # type: ignore[arg-type]  # a dataclass of `models`
        if field.name in stored:
            values[field.name] = _READ.get(field.type, str)(stored[field.name])
        elif field.default is MISSING:
            values[field.name] = None
    return kind(**values)
