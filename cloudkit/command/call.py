"""What words mean: a verb, what it is called on, and with what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cloudkit.verbs import Kind, Verb

__all__ = ["Asked", "Call", "Help", "invoke"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A verb with its arguments, not called yet.

    Args:
        verb: Which verb.
        target: The name of the handle that it is called on; None for the root.
        arguments: What was given, by parameter; what was not given is not there, so that the defaults stay the verb's.
    """

    verb: Verb
    target: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Help:
    """A text that was asked for in place of a call."""

    text: str


class Asked(Exception):  # noqa: N818 # no error: it ends the reading of words
    """The words ask for a text in place of a call."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.help = Help(text)


def invoke(call: Call, root: object) -> Any:  # noqa: ANN401 # each verb has a result of its own
    """Call the verb on the root, or on the handle that the call names."""
    positional: list[Any] = []
    keywords = dict(call.arguments)
    for parameter in call.verb.parameters:
        if parameter.name in keywords and parameter.kind is Kind.POSITIONAL:
            positional.append(keywords.pop(parameter.name))
        elif parameter.kind is Kind.VARIADIC:
            positional += keywords.pop(parameter.name, ())
    return call.verb.bound_to(root, call.target)(*positional, **keywords)
