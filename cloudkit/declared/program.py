"""A declaration as the Python program that declares it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass

from cloudkit.declared.declaration import Declaration, Declared
from cloudkit.declared.secrets import name_of_secret
from cloudkit.model.secret import Secret

__all__ = ["program_of"]


def program_of(declaration: Declaration) -> str:
    """Return a program that applies the same declaration.

    >>> print(program_of(Declaration(name="shop", apps=(Declared("web", "web:1", {"port": 80}),))))
    from cloudkit import Cloud
    from cloudkit.declared import app
    <BLANKLINE>
    cloud = Cloud()
    cloud.apply(
        app(
            "web",
            "web:1",
            port=80,
        ),
        name="shop",
    )
    <BLANKLINE>
    """
    used = {kind for one in declaration.apps for kind in _kinds(one.options)}
    own = ["app", *(["secret"] if Secret in used else [])]
    names = ["Cloud", *sorted(kind.__name__ for kind in used - {Secret})]
    return "\n".join(
        (
            f"from cloudkit import {', '.join(names)}",
            f"from cloudkit.declared import {', '.join(own)}",
            "",
            "cloud = Cloud()",
            "cloud.apply(",
            *(line for one in declaration.apps for line in _app(one)),
            f"    name={_text(declaration.name)},",
            ")",
            "",
        )
    )


def _app(one: Declared) -> Iterator[str]:
    yield "    app("
    yield f"        {_text(one.name)},"
    yield f"        {_text(str(one.image))},"
    for name, value in one.options.items():
        yield f"        {name}={_literal(value, name)},"
    yield "    ),"


def _text(value: str) -> str:
    text = repr(value)
    return f'"{text[1:-1]}"' if text[0] == "'" and '"' not in text else text


def _literal(value: object, key: str) -> str:
    if isinstance(value, Secret):
        return f"secret({_text(name_of_secret(key))})"
    if isinstance(value, str):
        return _text(str(value))
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_text(name)}: {_literal(item, name)}' for name, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_literal(item, key) for item in value)}]"
    return repr(value)


def _kinds(value: object) -> Iterator[type]:
    """Yield the classes that a value's text names."""
    if isinstance(value, Secret):
        yield Secret
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _kinds(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _kinds(item)
    elif is_dataclass(value):
        yield type(value)
