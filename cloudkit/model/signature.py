"""The signature that a verb means: its options spelled out, its annotations resolved."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, NotRequired, Required, Unpack, get_args, get_origin, get_type_hints, is_typeddict

__all__ = ["options_of", "signature_of"]


def signature_of(method: Callable[..., Any]) -> inspect.Signature:
    """Return a signature in which ``**options: Unpack[SomeTypedDict]`` stands as keyword parameters.

    A key that may be left out has the default ``...``, as a stub file writes it.

    >>> from typing import TypedDict
    >>> class Options(TypedDict, total=False):
    ...     port: int
    >>> def deploy(name: str, **options: Unpack[Options]) -> bool: ...
    >>> str(signature_of(deploy))
    '(name: str, *, port: int = Ellipsis) -> bool'
    """
    plain = inspect.signature(method)
    hints = get_type_hints(method, include_extras=True)
    parameters: list[inspect.Parameter] = []
    for parameter in plain.parameters.values():
        parameters += expanded(parameter.replace(annotation=hints.get(parameter.name, parameter.annotation)))
    return plain.replace(parameters=parameters, return_annotation=hints.get("return", plain.return_annotation))


def options_of(annotation: object) -> type[Any] | None:
    """Return the TypedDict of ``Unpack[TypedDict]``, None for any other annotation."""
    if get_origin(annotation) is not Unpack:
        return None
    (options,) = get_args(annotation)
    return options if is_typeddict(options) else None


def expanded(parameter: inspect.Parameter) -> Iterator[inspect.Parameter]:
    options = options_of(parameter.annotation) if parameter.kind is parameter.VAR_KEYWORD else None
    if options is None:
        yield parameter
        return
    for name, hint in get_type_hints(options, include_extras=True).items():
        qualifier = get_origin(hint)
        qualified = qualifier in (Required, NotRequired)
        needed = qualifier is Required if qualified else name in options.__required_keys__
        yield inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if needed else ...,
            annotation=get_args(hint)[0] if qualified else hint,
        )
