"""The catalogue reads all that a front end needs from the methods themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Unpack

import pytest
from unit.verbs.garden import GARDEN, Bloom, Garden, Plant, Rent, Soil

from cloudkit.errors import UsageError
from cloudkit.model.verb import Role, verb
from cloudkit.verbs import REQUIRED, Arity, Catalogue, Kind, Shape, shape_of, signature_of


class Shed:
    """Sweeps as a yard does."""

    @verb(role=Role.OPERATOR)
    def sweep(self) -> None:
        """Sweep it."""


class Barn:
    """Sweeps for admins only."""

    @verb(role=Role.ADMIN)
    def sweep(self) -> None:
        """Sweep it."""


class Yard:
    """Opens both."""

    def shed(self, name: str) -> Shed:
        """Return a shed."""
        raise NotImplementedError(name)

    def barn(self, name: str) -> Barn:
        """Return a barn."""
        raise NotImplementedError(name)

    @verb(role=Role.OPERATOR)
    def sweep(self, name: str) -> None:
        """Sweep one of them."""


class Town:
    """Has an option that must be given."""

    @verb()
    def rent(self, **rent: Unpack[Rent]) -> None:
        """Rent a bed."""


def test_only_marked_methods_are_verbs_in_the_order_of_their_definition() -> None:
    """The root's come first, then those of each handle."""
    assert list(GARDEN) == ["sow", "blooms", "water", "uproot", "tell", "watch-grow"]


def test_a_verb_is_found_by_its_name_in_text_and_in_python() -> None:
    """A dash and an underline are one."""
    assert GARDEN["watch-grow"] is GARDEN["watch_grow"]


def test_a_verb_of_a_handle_has_the_openers_parameter_as_target() -> None:
    """Its help comes from the docstring of the method that opens the handle."""
    target = GARDEN["water"].target

    assert target is not None
    assert (target.name, target.help, target.names) == ("name", "The plant's name.", Bloom)
    assert GARDEN["sow"].target is None


def test_a_verb_keeps_its_mark_its_summary_and_its_result() -> None:
    """Role and confirmation come from the mark, the rest from docstring and annotation."""
    uproot, blooms = GARDEN["uproot"], GARDEN["blooms"]

    assert (uproot.mark.role, uproot.mark.confirm, uproot.mark.changes) == (Role.ADMIN, True, True)
    assert uproot.summary == "Take a plant out for good."
    assert blooms.lists is Bloom
    assert GARDEN["water"].result is Plant


def test_parameters_have_kind_default_help_and_shape() -> None:
    """What is positional, what is keyword, and what the docstring says of each."""
    litres, warm, gently, every = GARDEN["water"].parameters

    assert (litres.kind, litres.default, litres.help) == (Kind.POSITIONAL, REQUIRED, "How much.")
    assert (warm.kind, warm.default, warm.shape) == (Kind.KEYWORD, False, Shape(kinds=(bool,)))
    assert gently.default is True
    assert every.shape == Shape(kinds=(float,), optional=True)


def test_options_of_a_typed_dict_are_spelled_out_with_its_own_help() -> None:
    """``**care: Unpack[Care]`` stands as its keys; none is required, as the dictionary is not total."""
    options = {parameter.name: parameter for parameter in GARDEN["sow"].of(Kind.KEYWORD)}

    assert list(options) == ["depth", "soil", "notes", "colours", "song", "light"]
    assert options["depth"].help == "Centimetres below ground."
    assert options["colours"].help == "Its colours, in any order."
    assert options["depth"].short == "d"
    assert options["song"].words
    assert not any(option.required for option in options.values())


def test_a_required_key_is_a_required_option() -> None:
    """``Required`` holds inside a dictionary that is not total."""
    (coins,) = Catalogue(Town)["rent"].parameters

    assert coins.required


def test_the_signature_of_a_verb_binds_as_a_call_does() -> None:
    """It is a real signature: keys of the dictionary are keyword parameters, others are refused."""
    signature = signature_of(Garden.sow)

    bound = signature.bind(None, "rose", depth=3)

    assert bound.arguments["depth"] == 3
    assert signature.parameters["soil"].kind is inspect.Parameter.KEYWORD_ONLY
    with pytest.raises(TypeError, match="height"):
        signature.bind(None, "rose", height=3)


def test_the_description_leaves_out_sections_and_examples() -> None:
    """Help shows prose, not doctests."""
    assert GARDEN["water"].documented.description == "It is best done in the evening."


def test_a_misspelt_verb_has_a_likely_meaning() -> None:
    """Far words have none."""
    assert GARDEN.alike("watter") == "water"
    assert GARDEN.alike("xyzzy") is None


def test_the_verb_that_lists_a_kind_is_found_by_its_type() -> None:
    """So completion finds names without knowing a verb's name."""
    found = GARDEN.listing(Bloom)

    assert found is GARDEN["blooms"]
    assert GARDEN.listing(int) is None


def test_a_name_on_two_handles_is_the_roots() -> None:
    """The root's verb wins where both mean the same."""
    catalogue = Catalogue(Yard, Shed)

    assert catalogue["sweep"].handle is Yard


def test_a_name_on_two_handles_with_another_role_is_refused() -> None:
    """One word cannot ask for two permissions; the error shows both."""
    with pytest.raises(UsageError, match="two things") as refused:
        Catalogue(Yard, Barn)

    assert [line.split("(")[0] for line in refused.value.evidence] == ["Yard.sweep", "Barn.sweep"]


def test_a_handle_that_the_root_does_not_open_is_refused() -> None:
    """The error names the method that is missing."""
    with pytest.raises(UsageError, match="no method 'garden'"):
        Catalogue(Plant, Garden)


@pytest.mark.parametrize(
    ("annotation", "shape"),
    [
        (int | None, Shape(kinds=(int,), optional=True)),
        (str | int, Shape(kinds=(str, int))),
        (Soil, Shape(choices=(Soil.LOAM, Soil.SAND))),
        (Literal["a"] | None, Shape(choices=("a",), optional=True)),
        (tuple[int, ...], Shape(kinds=(int,), arity=Arity.MANY)),
        (str | tuple[str, ...], Shape(kinds=(str,), arity=Arity.MANY, single=True)),
        (dict[str, str | Path], Shape(kinds=(str, Path), arity=Arity.PAIRS)),
        (str | Garden, Shape(kinds=(str,))),
        (Garden, None),
        (dict[str, dict[str, str]], None),
        (Iterator[int], Shape(kinds=(int,), arity=Arity.MANY)),
    ],
)
def test_a_type_has_the_shape_that_text_can_give(annotation: object, shape: Shape | None) -> None:
    """Unions keep what text can give; what only Python can make has no shape."""
    found = shape_of(annotation)

    assert found == shape
