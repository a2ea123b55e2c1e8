"""Write docs/reference/index.md from the verbs' own signatures and docstrings: python docs/reference/make.py."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from cloudkit import App, Cloud
from cloudkit.declared.schema import schema
from cloudkit.model.options import AppOptions
from cloudkit.verbs import Catalogue
from cloudkit.verbs.docstring import Docstring
from cloudkit.verbs.parameter import Kind
from cloudkit.verbs.verb import Verb

PAGE = Path(__file__).with_name("index.md")
SCHEMA = Path(__file__).with_name("declaration.schema.json")
HEAD = """\
# Reference

Every command is a method that carries the mark of a verb; this page is made from their signatures by
`python docs/reference/make.py`, and a test holds it to them. `cloudkit COMMAND --help` shows the same in a shell.

Roles, from least to most: *viewer* looks, *operator* changes, *admin* removes for good.
"""


def page() -> str:
    """Return the whole page."""
    catalogue = Catalogue(Cloud, App)
    return HEAD + "".join(section(verb) for verb in catalogue.values())


def schema_text() -> str:
    """Return the JSON schema of a file that declares apps."""
    helps = Docstring.parse(AppOptions.__doc__).arguments
    return json.dumps(schema(helps), indent=1) + "\n"


def section(verb: Verb) -> str:
    """Return what is said of one verb."""
    owner = verb.handle.__name__
    target = f" {verb.target.name.upper()}" if verb.target else ""
    lines = [
        f"\n## {verb.name}\n",
        f"{verb.summary} *{verb.mark.role.value.capitalize()}{', asks first' if verb.mark.confirm else ''}.*\n",
        f"```console\n$ cloudkit {verb.name}{target}{usage(verb)}\n```\n",
        f"In Python: `{owner}.{verb.method.__name__}` → `{result(verb)}`\n",
        *options(verb),
    ]
    return "\n".join(lines)


def usage(verb: Verb) -> str:
    """Return the positional words of a command."""
    given = (*verb.of(Kind.POSITIONAL), *verb.of(Kind.VARIADIC))
    words = [p.name.upper() if p.required else f"[{p.name.upper()}]" for p in given if p.shape is not None]
    return "".join(f" {word}" for word in words)


def options(verb: Verb) -> Iterator[str]:
    """Return the table of parameters."""
    rows = [f"| `{p.name}` | {p.help.replace('|', chr(92) + '|').replace('``', '`')} |" for p in verb.parameters]
    if rows:
        yield "| parameter | meaning |\n|---|---|"
        yield from rows
        yield ""


def result(verb: Verb) -> str:
    """Return a method's return type, as it is written."""
    written = str(verb.method.__annotations__.get("return", ""))
    return {"Self": verb.handle.__name__}.get(written, written)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    SCHEMA.write_text(schema_text(), encoding="utf-8")
