"""A small set of handles that no front end knows: what the catalogue, the grammar and the shell are tested with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Required, Self, TypedDict, Unpack

from cloudkit.errors import NotFoundError
from cloudkit.model.parameter import Names, Short, Verbatim, Words
from cloudkit.model.verb import Role, verb
from cloudkit.verbs import Catalogue


class Soil(StrEnum):
    """What a plant stands in."""

    LOAM = "loam"
    SAND = "sand"


@dataclass(frozen=True)
class Bloom:
    """What was seen of a plant."""

    name: str
    litres: float = 0.0


class Care(TypedDict, total=False):
    """How a plant is kept.

    Args:
        depth: Centimetres below ground.
        soil: What it stands in.
        notes: Notes, as ``KEY=VALUE``.
        colours: Its colours,
            in any order.
        song: What is sung to it.
        light: True in the light, False in the shade.
    """

    depth: Annotated[int, Short("d")]
    soil: Soil
    notes: Mapping[str, str]
    colours: Sequence[str]
    song: Annotated[Sequence[str] | None, Words()]
    light: bool | None


class Rent(TypedDict, total=False):
    """What a bed costs."""

    coins: Required[int]


@dataclass
class Plant:
    """A plant in the garden."""

    garden: Garden
    name: str
    heard: list[object] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<Plant {self.name}>"

    @verb(role=Role.OPERATOR)
    def water(self, litres: float, *, warm: bool = False, gently: bool = True, every: float | None = None) -> Self:
        """Water a plant.

        It is best done in the evening.

        Args:
            litres: How much.
            warm: Warm the water first.
            gently: Do not wash the soil away.
            every: Seconds between two waterings.

        >>> 1 + 1
        2
        """
        self.garden.calls.append(("water", self.name, litres, warm, gently, every))
        return self

    @verb(role=Role.ADMIN, confirm=True)
    def uproot(self) -> None:
        """Take a plant out for good."""
        self.garden.calls.append(("uproot", self.name))

    @verb(role=Role.OPERATOR)
    def tell(
        self, *words: Annotated[str, Verbatim()], softly: Annotated[bool, Short("s")] = False, times: int = 1
    ) -> str:
        """Tell a plant something."""
        self.garden.calls.append(("tell", self.name, words, softly, times))
        return " ".join(words)

    @verb()
    def watch_grow(self, *, since: str | datetime | None = None) -> Iterator[Bloom]:
        """Watch it grow."""
        self.garden.calls.append(("watch_grow", self.name, since))
        yield Bloom(self.name)


class Garden:
    """Where plants stand."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.calls: list[tuple[object, ...]] = []

    def plant(self, name: Annotated[str, Names(Bloom)]) -> Plant:
        """Return a plant.

        Args:
            name: The plant's name.
        """
        if self.names and name not in self.names:
            raise NotFoundError(f"plant {name!r} is not there")
        return Plant(self, name)

    @verb(role=Role.OPERATOR)
    def sow(self, name: str, seed: Path | None = None, **care: Unpack[Care]) -> Plant:
        """Sow a plant.

        Args:
            name: Its name.
            seed: The packet.
            care: How it is kept.
        """
        self.calls.append(("sow", name, seed, dict(care)))
        return Plant(self, name)

    @verb()
    def blooms(
        self, *, order: Literal["name", "age"] = "name", limit: Annotated[int | None, Short("n")] = None
    ) -> Sequence[Bloom]:
        """List what blooms."""
        self.calls.append(("blooms", order, limit))
        return [Bloom(name) for name in self.names]

    def secret_door(self) -> None:
        """Lead nowhere; no verb."""


GARDEN = Catalogue(Garden, Plant)
