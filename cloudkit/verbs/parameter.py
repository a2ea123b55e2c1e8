"""One parameter of a verb, as a front end sees it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, get_args, get_type_hints

from cloudkit.model.parameter import FromFile, Measure, Names, Short, Verbatim, Words
from cloudkit.model.signature import options_of, signature_of
from cloudkit.verbs.docstring import Docstring
from cloudkit.verbs.shape import Shape, shape_of

__all__ = ["REQUIRED", "Kind", "Parameter", "parameters_of"]

REQUIRED: Any = inspect.Parameter.empty


class Kind(Enum):
    """How a parameter is given."""

    POSITIONAL = "positional"
    VARIADIC = "variadic"
    KEYWORD = "keyword"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a verb.

    Args:
        name: Its name in Python.
        kind: How it is given.
        annotation: Its resolved type.
        default: What it is when it is not given; ``REQUIRED`` when it must be, ``...`` when the library decides.
        help: What the docstring says of it.
        short: Its one-letter form; empty when it has none.
        names: The kind of state whose names are its values; None when they are not known.
        words: True when one text stands for several words.
        verbatim: True when its words keep options of their own.
        from_file: True when its values are contents of files, which text names.
        measure: What a number counts: ``seconds``, ``bytes``, ``cores``; empty when that is not said.
        shape: What text can give for it; None when only Python can.
    """

    name: str
    kind: Kind
    annotation: Any
    default: Any = REQUIRED
    help: str = ""
    short: str = ""
    names: type[Any] | None = None
    words: bool = False
    verbatim: bool = False
    from_file: bool = False
    measure: str = ""
    shape: Shape | None = None

    @property
    def required(self) -> bool:
        """True when it must be given."""
        return self.default is REQUIRED and self.kind is not Kind.VARIADIC

    @property
    def option(self) -> str:
        """Its name as text has it: ``build_arg`` is ``build-arg``."""
        return self.name.strip("_").replace("_", "-")


def parameters_of(method: Callable[..., Any]) -> tuple[Parameter, ...]:
    """Read a verb's parameters, its ``**options`` spelled out, in the order in which they are declared."""
    signature, helps = signature_of(method), helps_of(method)
    return tuple(
        read(parameter, helps.get(parameter.name, ""))
        for parameter in list(signature.parameters.values())[1:]
        if parameter.kind is not parameter.VAR_KEYWORD
    )


def helps_of(method: Callable[..., Any]) -> dict[str, str]:
    helps: dict[str, str] = {}
    for annotation in get_type_hints(method, include_extras=True).values():
        options = options_of(annotation)
        if options is not None:
            helps |= Docstring.parse(options.__doc__).arguments
    return helps | dict(Docstring.parse(method.__doc__).arguments)


def read(parameter: inspect.Parameter, text: str) -> Parameter:
    marks = list(marks_of(parameter.annotation))
    return Parameter(
        name=parameter.name,
        kind=kind_of(parameter),
        annotation=parameter.annotation,
        default=parameter.default,
        help=text,
        short=next((mark.letter for mark in marks if isinstance(mark, Short)), ""),
        names=next((mark.kind for mark in marks if isinstance(mark, Names)), None),
        words=any(isinstance(mark, Words) for mark in marks),
        verbatim=any(isinstance(mark, Verbatim) for mark in marks),
        from_file=any(isinstance(mark, FromFile) for mark in marks),
        measure=next((mark.unit for mark in marks if isinstance(mark, Measure)), ""),
        shape=shape_of(parameter.annotation),
    )


def kind_of(parameter: inspect.Parameter) -> Kind:
    if parameter.kind is parameter.VAR_POSITIONAL:
        return Kind.VARIADIC
    return Kind.KEYWORD if parameter.kind is parameter.KEYWORD_ONLY else Kind.POSITIONAL


def marks_of(annotation: object) -> Iterator[object]:
    """Return the marks of an annotation, also those inside a union."""
    yield from getattr(annotation, "__metadata__", ())
    for argument in get_args(annotation):
        yield from marks_of(argument)
