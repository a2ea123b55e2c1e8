"""The verbs of the handles, as data: all that a front end knows of what cloudkit can do."""

from __future__ import annotations

from cloudkit.model.signature import signature_of
from cloudkit.verbs.catalogue import Catalogue
from cloudkit.verbs.parameter import REQUIRED, Kind, Parameter
from cloudkit.verbs.shape import Arity, Shape, shape_of
from cloudkit.verbs.source import Source, source_of
from cloudkit.verbs.verb import Verb

__all__ = [
    "REQUIRED",
    "Arity",
    "Catalogue",
    "Kind",
    "Parameter",
    "Shape",
    "Source",
    "Verb",
    "shape_of",
    "signature_of",
    "source_of",
]
