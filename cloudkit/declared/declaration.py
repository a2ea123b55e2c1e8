"""What a declaration is: some apps under one name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self, Unpack

from cloudkit.errors import UsageError
from cloudkit.model.app import AppSpec
from cloudkit.model.checks import check_text, check_tuple
from cloudkit.model.frozen import FrozenMapping
from cloudkit.model.options import AppOptions, spec_from
from cloudkit.model.reference import Reference

if TYPE_CHECKING:
    from cloudkit.image import BuiltImage

__all__ = ["DEFAULT", "MARK", "Declaration", "Declared", "app", "mark_of", "marked"]

MARK = "declaration.cloudkit/name"
"""The label by which an app says which declaration it is of."""
DEFAULT = "default"
_NAME = re.compile(r"[a-z0-9]++(?:[-_.]++[a-z0-9]++)*+")


@dataclass(frozen=True, slots=True)
class Declared:
    """One app as it is wanted, before its image is pinned.

    Args:
        name: The app's name.
        image: A reference, or an image that is built.
        options: As those of ``Cloud.deploy``; what is not given has its default.
    """

    name: str
    image: str | BuiltImage
    options: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", FrozenMapping(self.options))
        if self.spec.name != self.name:
            raise UsageError("an app has one name")

    @property
    def reference(self) -> Reference:
        """The image's name, pinned where it is built."""
        return Reference.parse(self.image) if isinstance(self.image, str) else self.image.reference

    @property
    def spec(self) -> AppSpec:
        """What is wanted, of the image as it is named."""
        return self.pinned(self.reference)

    def pinned(self, image: Reference) -> AppSpec:
        """Return what is wanted, of an image that is pinned."""
        options: AppOptions = dict(self.options)  # type: ignore[assignment]  # each option is checked when it is read
        return spec_from(self.name, image, options)

    @property
    def counts(self) -> bool:
        """True where it says how many replicas there are."""
        return "replicas" in self.options


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """Some apps under one name, so that those of it that are no longer declared can be told from all others.

    Args:
        name: The name; a declaration of this name owns the apps that carry it.
        apps: The apps, in the order in which they are made.
        notes: What was not used of the file that it was read from, each in words.
    """

    name: str = DEFAULT
    apps: tuple[Declared, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_text("declaration: name", self.name, _NAME, "lower-case letters, digits, '-', '_' and '.'", limit=63)
        check_tuple("declaration: apps", self.apps, Declared)
        names = [one.name for one in self.apps]
        for name in names:
            if names.count(name) > 1:
                raise UsageError(f"app {name!r} is declared twice in {self.name!r}", hint="one of them by another name")

    @property
    def specs(self) -> dict[str, AppSpec]:
        """What is wanted, by name."""
        return {one.name: one.spec for one in self.apps}

    @property
    def secrets(self) -> list[tuple[str, str]]:
        """The secrets that are only named, each by its app and its name."""
        from cloudkit.declared.secrets import NamedSecret

        return [
            (name, value.place)
            for name, spec in self.specs.items()
            for value in (*spec.env.values(), *spec.secrets.values())
            if isinstance(value, NamedSecret)
        ]

    def joined(self, others: Iterable[Self]) -> Self:
        """Return one declaration of these apps and those of others."""
        apps, notes = list(self.apps), list(self.notes)
        for other in others:
            apps += other.apps
            notes += other.notes
        return type(self)(name=self.name, apps=tuple(apps), notes=tuple(notes))


def app(name: str, image: str | BuiltImage, **options: Unpack[AppOptions]) -> Declared:
    """Declare what ``cloud.apply`` is to make true.

    Args:
        name: The app's name: a DNS label.
        image: A built image, or a reference.
        options: How it runs, as those of ``Cloud.deploy``.

    Raises:
        UsageError: An option is unknown, or has a value that it cannot have.
    """
    return Declared(name, image, dict(options))


def marked(spec: AppSpec, declaration: str) -> AppSpec:
    """Return a spec that says of which declaration it is.

    >>> web = AppSpec(name="web", image=Reference.parse("web:1"))
    >>> mark_of(marked(web, "shop"))
    'shop'
    """
    return spec.replace(labels={**spec.labels, MARK: declaration})


def mark_of(spec: AppSpec) -> str | None:
    """Return the declaration that an app is of; None where it is of none."""
    return spec.labels.get(MARK)
