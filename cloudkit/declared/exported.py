"""A file that is written, as text, and what it does not say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cloudkit.model.rows import mimebundle, pretty

__all__ = ["Exported", "Form"]

Form = Literal["yaml", "python", "compose", "kubernetes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A file, as text.

    Args:
        form: What kind of file it is.
        text: What is in it.
        losses: What it does not say, each in words; they stand at its head as well.
    """

    form: Form
    text: str
    losses: tuple[str, ...] = ()

    _repr_pretty_ = pretty
    _repr_mimebundle_ = mimebundle

    def __str__(self) -> str:
        """Return the file with its losses as comments before it."""
        return "".join((*(f"# not exported: {loss}\n" for loss in self.losses), self.text))
