"""What can be typed at a place in Python: the values of a handle's method, by its signature and by what is there."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cloudkit.cloud import Cloud
from cloudkit.command.values import choice_text
from cloudkit.model.offer import Offer
from cloudkit.shell.completion import seen
from cloudkit.shell.prompt.opened import OpenCall, open_call
from cloudkit.shell.prompt.warm import Answer, Warm
from cloudkit.verbs import Catalogue, Kind, Parameter, Source, source_of
from cloudkit.verbs.parameter import parameters_of
from cloudkit.view.offers import offers_in

__all__ = ["Offering", "Values"]


@dataclass(frozen=True, slots=True)
class Values:
    """What can be typed.

    Args:
        fragment: What of it is there already.
        offers: What it can become, as it is written in Python.
        exact: True where nothing else belongs there.
    """

    fragment: str
    offers: Sequence[Offer]
    exact: bool


class Offering:
    """Says what can be typed, never asking an engine itself.

    Args:
        catalogue: The verbs there are.
        warm: What is known of what is there.
    """

    def __init__(self, catalogue: Catalogue, warm: Warm) -> None:
        self.catalogue = catalogue
        self.warm = warm
        self._openers = {verb.opener.__name__ for verb in catalogue.values() if verb.opener}

    def names(self, root: Cloud, kind: type[Any], target: str | None) -> Sequence[Offer]:
        """Return the names of what is there, as far as they are known."""
        source = source_of(self.catalogue, kind, target=target is not None)
        if source is None:
            return ()
        if source.path and target is not None:
            return self._parts(root, source, target)
        asked = target if source.verb.opener else None
        return self._answer(root, source, kind, asked).offers

    def _answer(self, root: Cloud, source: Source, kind: type[Any], target: str | None) -> Answer:
        return self.warm.answer((id(root), kind, target), lambda: answer(seen(source, root, target)))

    def _parts(self, root: Cloud, source: Source, target: str) -> Sequence[Offer]:
        """Return the names of a state's parts, from the list that has it: one question serves all."""
        listing = source_of(self.catalogue, source.verb.result, target=False)
        if listing is None:
            return ()
        states = self._answer(root, listing, source.verb.result, None).states
        one = next((state for state in states if target in tuple(offers_in(state))), None)
        return [] if one is None else [offer for part in source.states(one) for offer in offers_in(part)]

    def listed(self) -> Iterator[type[Any]]:
        """Yield the kinds that the root lists and that some verb takes a name of."""
        taken = {parameter.names for verb in self.catalogue.values() for parameter in verb.parameters}
        taken |= {self.catalogue.kind_of(handle) for handle in self.catalogue.handles}
        yield from (kind for kind in taken if kind is not None and self.catalogue.listing(kind))

    def values(self, source: str, namespace: Mapping[str, Any]) -> Values | None:
        """Return what can be typed at the end of a source, None where it is none of cloudkit's calls."""
        call = open_call(source)
        method = self.resolved(call.callee, namespace) if call else None
        if call is None or method is None:
            return None
        parameters = parameters_of(method.__func__)
        wanted = argument(parameters, call)
        known = list(self.live(wanted, method.__self__, namespace)) if wanted else []
        offers = [one for one in (written(offer, call, wanted) for offer in known) if one.startswith(call.fragment)]
        if call.quote or call.keyword or offers:
            return Values(call.fragment, offers, exact=bool(offers))
        return Values(call.fragment, list(keywords(parameters, call)), exact=False)

    def live(self, wanted: Parameter, handle: Any, namespace: Mapping[str, Any]) -> Iterator[Offer]:  # noqa: ANN401  # any handle
        """Yield the values of a parameter: its choices, and the names of what is there."""
        shape = wanted.shape
        if shape is not None and shape.switch:
            yield from (Offer("True"), Offer("False"))
        if shape is not None:
            yield from (Offer(choice_text(choice)) for choice in shape.choices)
        target = handle.name if type(handle) in self.catalogue.handles[1:] else None
        root = handle if isinstance(handle, Cloud) else next(clouds(namespace), None)
        if wanted.names is not None and root is not None:
            yield from self.names(root, wanted.names, target)

    def resolved(self, callee: str, namespace: Mapping[str, Any]) -> Any:  # noqa: ANN401  # a method of a handle
        """Return the bound method that a text means, None where finding it could do anything else."""
        try:
            tree = ast.parse(callee, mode="eval").body
        except SyntaxError:
            return None
        found = self._evaluated(tree, namespace)
        handle = getattr(found, "__self__", None)
        return found if handle is not None and type(handle).__module__.startswith("cloudkit.") else None

    def _evaluated(self, node: ast.expr, namespace: Mapping[str, Any]) -> Any:  # noqa: ANN401  # any value
        match node:
            case ast.Name(id=name):
                return namespace.get(name)
            case ast.Attribute(value=inner, attr=name):
                holder = self._evaluated(inner, namespace)
                own = type(holder).__module__.startswith("cloudkit.")
                method = inspect.getattr_static(type(holder), name, None)
                return getattr(holder, name) if own and inspect.isfunction(method) else None
            case ast.Call(
                func=ast.Attribute(attr=name) as function, args=[ast.Constant(value=str(target))], keywords=[]
            ):
                opener = self._evaluated(function, namespace)
                return opener(target) if opener is not None and name in self._openers else None
        return None


def answer(states: Iterable[Any]) -> Answer:
    """Make an answer of what was seen."""
    kept = tuple(states)
    return Answer(kept, tuple(offer for state in kept for offer in offers_in(state)))


def clouds(namespace: Mapping[str, Any]) -> Iterator[Cloud]:
    """Yield the clouds that a namespace holds."""
    yield from (value for value in list(namespace.values()) if isinstance(value, Cloud))


def argument(parameters: Sequence[Parameter], call: OpenCall) -> Parameter | None:
    """Return the parameter whose value is being typed."""
    if call.keyword:
        return next((one for one in parameters if one.name == call.keyword), None)
    positional = [one for one in parameters if one.kind is Kind.POSITIONAL]
    place = len(call.before)
    if place < len(positional):
        return positional[place]
    return next((one for one in parameters if one.kind is Kind.VARIADIC), None)


def written(offer: Offer, call: OpenCall, wanted: Parameter | None) -> Offer:
    """Return an offer as Python writes it: a text in quotes, unless one is open already."""
    kinds = wanted.shape.kinds if wanted and wanted.shape else ()
    bare = call.quote or int in kinds or kinds == (bool,)
    return offer if bare else Offer(f'"{offer}"', offer.note)


def keywords(parameters: Sequence[Parameter], call: OpenCall) -> Iterator[Offer]:
    """Yield the names of the arguments that may still be given."""
    given = {argument.partition("=")[0].strip() for argument in call.before}
    placed = sum("=" not in argument for argument in call.before)
    for number, parameter in enumerate(parameters):
        taken = parameter.kind is Kind.VARIADIC or number < placed or parameter.name in given
        if not taken and parameter.name.startswith(call.fragment):
            yield Offer(f"{parameter.name}=", parameter.help.partition(". ")[0][:60])
