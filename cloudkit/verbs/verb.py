"""One verb: a marked method of a handle, read as data."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self, get_args, get_origin, get_type_hints

from cloudkit.model.verb import VerbMark
from cloudkit.verbs.docstring import Docstring
from cloudkit.verbs.parameter import Kind, Parameter, parameters_of

__all__ = ["Verb"]


@dataclass(frozen=True, kw_only=True)
class Verb:
    """A marked method.

    Args:
        handle: The class that has it.
        method: The function itself.
        mark: Who may call it, and what to ask first.
        opener: The root's method that gives the handle for a name; None when the root itself has the verb.
    """

    handle: type[Any]
    method: Callable[..., Any]
    mark: VerbMark
    opener: Callable[..., Any] | None = None

    @property
    def name(self) -> str:
        """Its name as text has it: ``copy_in`` is ``copy-in``."""
        return self.method.__name__.replace("_", "-")

    @cached_property
    def documented(self) -> Docstring:
        """Its docstring, taken apart."""
        return Docstring.parse(self.method.__doc__)

    @property
    def summary(self) -> str:
        """The first paragraph of its docstring."""
        return self.documented.summary

    @cached_property
    def target(self) -> Parameter | None:
        """What names the handle, given before all else; None for a verb of the root."""
        return parameters_of(self.opener)[0] if self.opener else None

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its own parameters, without the target."""
        return parameters_of(self.method)

    def of(self, kind: Kind) -> tuple[Parameter, ...]:
        """Return the parameters that are given in one way."""
        return tuple(parameter for parameter in self.parameters if parameter.kind is kind)

    @cached_property
    def result(self) -> Any:  # noqa: ANN401 # an annotation can be any object
        """The resolved type of what it returns; ``Self`` is the handle's own type."""
        returned = get_type_hints(self.method).get("return", Any)
        return self.handle if returned is Self else returned

    @property
    def lists(self) -> type[Any] | None:
        """The type of the elements when it returns a collection of them, else None."""
        origin, arguments = get_origin(self.result), get_args(self.result)
        many = isinstance(origin, type) and issubclass(origin, Iterable) and arguments
        return arguments[0] if many and isinstance(arguments[0], type) else None

    @property
    def local(self) -> bool:
        """True when it needs files or the terminal of the machine where it is called, which a chat has not got."""
        shapes = [parameter.shape for parameter in self.parameters if not parameter.from_file]
        return self.mark.terminal or any(shape is not None and Path in shape.kinds for shape in shapes)

    @property
    def positions(self) -> int:
        """How many words must come before the variadic ones, the target among them."""
        return len(self.of(Kind.POSITIONAL)) + (self.target is not None)

    def bound_to(self, root: Any, target: str | None) -> Callable[..., Any]:  # noqa: ANN401 # a root of any catalogue
        """Return the method of the root, or of the handle that ``target`` names."""
        handle = root if self.opener is None else getattr(root, self.opener.__name__)(target)
        found: Callable[..., Any] = getattr(handle, self.method.__name__)
        return found

    @property
    def source(self) -> str:
        """Where it is defined, for a catalogue's own errors."""
        return f"{self.handle.__name__}.{self.method.__name__}{inspect.signature(self.method)}"
