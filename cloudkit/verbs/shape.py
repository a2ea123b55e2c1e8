"""What a text can become by a type's own account: one value of some kinds, several, or pairs."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from functools import reduce
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

__all__ = ["Arity", "Shape", "shape_of"]


class Arity(Enum):
    """How many values a parameter takes."""

    ONE = "one"
    MANY = "many"
    PAIRS = "pairs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What text can give for a type.

    Args:
        kinds: The types that one text is tried as, in order; a ``str`` among them takes the text as it is.
        choices: The only values that are allowed besides; members of an enumeration or of a Literal.
        arity: One value, several, or ``KEY=VALUE`` pairs.
        optional: True when None is allowed too.
        single: True when one value may stand alone where several are allowed.
    """

    kinds: tuple[type[Any], ...] = ()
    choices: tuple[Any, ...] = ()
    arity: Arity = Arity.ONE
    optional: bool = False
    single: bool = False

    @property
    def switch(self) -> bool:
        """True when it is on or off, so that no value has to be written."""
        return self.kinds == (bool,) and not self.choices and self.arity is Arity.ONE


PLAIN = (bool, int, float, str, Path, datetime, timedelta)


def shape_of(annotation: Any) -> Shape | None:  # noqa: ANN401 # an annotation can be any object
    """Return the shape of a resolved annotation, None when no text can give such a value.

    >>> shape_of(Literal["oci", "docker"]).choices
    ('oci', 'docker')
    >>> shape_of(Sequence[int] | None)
    Shape(kinds=(<class 'int'>,), choices=(), arity=<Arity.MANY: 'many'>, optional=True, single=False)
    >>> shape_of(Mapping[str, str]).arity
    <Arity.PAIRS: 'pairs'>
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return shape_of(arguments[0])
    if origin in (Union, types.UnionType):
        return union(arguments)
    if origin is Literal:
        return Shape(choices=arguments)
    if isinstance(origin, type):
        return collected(origin, arguments)
    return scalar(annotation)


def scalar(annotation: object) -> Shape | None:
    if not isinstance(annotation, type):
        return None
    if issubclass(annotation, Enum):
        return Shape(choices=tuple(annotation))
    if annotation in PLAIN or callable(getattr(annotation, "parse", None)):
        return Shape(kinds=(annotation,))
    return None


def collected(origin: type[Any], arguments: Sequence[Any]) -> Shape | None:
    """The shape of a generic collection: its elements' own, several times."""
    pairs = issubclass(origin, Mapping)
    inner = shape_of(arguments[1 if pairs else 0]) if issubclass(origin, Iterable) and arguments else None
    if inner is None or inner.arity is not Arity.ONE:
        return None
    return replace(inner, arity=Arity.PAIRS if pairs else Arity.MANY)


def union(members: Iterable[object]) -> Shape | None:
    """The shape of a union: the parts that text can give; pairs before several before one."""
    given = list(members)
    optional = type(None) in given
    shapes = [shape for shape in map(shape_of, given) if shape is not None]
    for arity in (Arity.PAIRS, Arity.MANY, Arity.ONE):
        alike = [shape for shape in shapes if shape.arity is arity]
        if alike:
            single = arity is Arity.MANY and any(shape.arity is Arity.ONE for shape in shapes)
            return replace(reduce(merged, alike), optional=optional, single=single)
    return None


def merged(one: Shape, other: Shape) -> Shape:
    return replace(one, kinds=tuple(dict.fromkeys(one.kinds + other.kinds)), choices=one.choices + other.choices)
