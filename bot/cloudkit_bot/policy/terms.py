"""How Cedar holds an argument: numbers, switches, texts, spans of time, amounts, and sets of texts.

What stands for "no limit" is held as the largest there is, so that no bound lets it through.

Source: docs.cedarpolicy.com, data types and extension types
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cloudkit.command.values import choice_text
from cloudkit.model.convert import amount, pairs
from cloudkit.model.duration import seconds
from cloudkit.model.quantity import cpu_cores, memory_bytes
from cloudkit.verbs import Arity, Kind, Parameter, Shape

__all__ = ["FLAG", "STRING", "Term", "term_of"]

LARGEST, MOST_CORES = 2**63 - 1, Decimal("922337203685477.5807")
LONG, STRING, FLAG = {"type": "Long"}, {"type": "String"}, {"type": "Boolean"}
TEXTS = {"type": "Set", "element": STRING}
SPAN, CORES = {"type": "Extension", "name": "duration"}, {"type": "Extension", "name": "decimal"}


@dataclass(frozen=True, slots=True)
class Term:
    """How an argument is held.

    Args:
        schema: Its type, as a Cedar schema has it.
        hold: Turns what was given into what Cedar is handed.
    """

    schema: Mapping[str, Any]
    hold: Callable[[Any], Any]


def term_of(parameter: Parameter) -> Term | None:
    """Return how the argument of a parameter is held; None for what cannot be compared, such as a point in time.

    >>> from cloudkit_bot.words.grammar import chat_catalogue
    >>> deploy = {one.name: one for one in chat_catalogue()["deploy"].parameters}
    >>> term_of(deploy["memory"]).hold("1Gi"), term_of(deploy["labels"]).hold({"team": "shop"})
    (1073741824, ['team', 'team=shop'])
    """
    shape = parameter.shape
    if shape is None:
        return None
    if parameter.words or (parameter.kind is Kind.VARIADIC and parameter.names is None):
        return Term(STRING, line)
    if shape.arity is Arity.PAIRS:
        return Term(TEXTS, sorted if parameter.from_file else lambda given: entries(parameter.option, given))
    if shape.arity is Arity.MANY or parameter.kind is Kind.VARIADIC:
        return Term(TEXTS, texts)
    return measured(parameter, shape) or plain(shape)


def measured(parameter: Parameter, shape: Shape) -> Term | None:
    """How a number with a unit is held; one that is a number with a point and no other is a span of time."""
    name = parameter.option
    if parameter.measure == "seconds" or shape.kinds == (float,):
        return Term(SPAN, lambda given: extension("duration", f"{milliseconds(name, given)}ms"))
    if parameter.measure == "bytes":
        return Term(LONG, lambda given: memory_bytes(amount(name, given)) if limited(given) else LARGEST)
    if parameter.measure == "cores":
        return Term(CORES, lambda given: extension("decimal", cores(name, given)))
    return None


def plain(shape: Shape) -> Term | None:
    if shape.choices and not shape.kinds:
        return Term(STRING, choice_text)
    if shape.kinds == (bool,) and not shape.choices:
        return Term(FLAG, lambda given: given)
    if shape.kinds == (int,) and not shape.choices:
        return Term(LONG, lambda given: LARGEST if given is None else max(-LARGEST, min(LARGEST, given)))
    return Term(STRING, text) if set(shape.kinds) <= {str, int, bool, float} else None


def limited(given: object) -> bool:
    """False for what takes a limit back."""
    return given is not None and given != ""


def milliseconds(name: str, given: object) -> int:
    return round(1000 * seconds(name, given)) if limited(given) else LARGEST


def cores(name: str, given: object) -> str:
    return str(min(cpu_cores(amount(name, given)), MOST_CORES) if limited(given) else MOST_CORES)


def extension(function: str, argument: str) -> dict[str, Any]:
    return {"__extn": {"fn": function, "arg": argument}}


def text(given: object) -> str:
    if given is None:
        return ""
    return str(given).lower() if isinstance(given, bool) else str(given)


def texts(given: object) -> list[str]:
    return [text(one) for one in given] if isinstance(given, list | tuple) else [text(given)]


def line(given: object) -> str:
    """Several words as a shell has them, so that a rule can compare a whole command."""
    return shlex.join(texts(given)) if isinstance(given, list | tuple) else text(given)


def entries(name: str, given: object) -> list[str]:
    """Each key, and each ``KEY=VALUE``."""
    return [word for key, value in pairs(name, given).items() for word in (key, f"{key}={text(value)}")]
