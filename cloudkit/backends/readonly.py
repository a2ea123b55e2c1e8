"""A backend that looks and plans, and refuses to act."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NoReturn, cast

from cloudkit.backends.room import Roomy
from cloudkit.errors import UnsupportedError

if TYPE_CHECKING:
    from cloudkit.backends.protocol import Backend
    from cloudkit.model.advice import Advice
    from cloudkit.model.app import AppSpec

__all__ = ["read_only", "refuse_act"]

ACTS = frozenset(
    {"apply", "run", "exec", "attach", "copy_in", "copy_out", "forward", "heal", "lay", "revive", "trigger"}
)
IMAGE_ACTS = frozenset({"build", "pull", "push", "tag", "remove", "save", "load"})


class Guard:
    """Passes on what only looks; what would act raises ``UnsupportedError``."""

    __slots__ = ("_acts", "_inner")

    def __init__(self, inner: object, acts: frozenset[str]) -> None:
        self._inner = inner
        self._acts = acts

    def __getattr__(self, name: str) -> object:
        if name in self._acts:
            return lambda *_given, **_options: refuse_act(name)
        found: object = getattr(self._inner, name)
        if name == "publish" and callable(found):
            return partial(found, push=False)
        return Guard(found, IMAGE_ACTS) if name == "images" and self._acts is ACTS else found


class RoomyGuard(Guard):
    """That of a backend which knows how much fits: since Python 3.12 a protocol is looked for in a class alone."""

    __slots__ = ()

    def room(self, spec: AppSpec, replicas: int) -> tuple[Advice, ...]:
        """Return the most replicas that fit, by each bound that there is."""
        return cast("Roomy", self._inner).room(spec, replicas)


def refuse_act(name: str) -> NoReturn:
    """Raise the error of what would act at once, though one only plans.

    Raises:
        UnsupportedError: Always.
    """
    what = name.replace("_", " ")
    raise UnsupportedError(
        f"a plan shows changes of apps; to {what} would act at once, so nothing was done",
        capability="plan",
        hint="the same without planning",
    )


def read_only(backend: Backend) -> Backend:
    """Return the backend with all that acts taken away: it reads, diagnoses and plans.

    >>> from cloudkit.backends.memory import MemoryBackend
    >>> read_only(MemoryBackend()).apps()
    ()
    """
    kind = RoomyGuard if isinstance(backend, Roomy) else Guard
    return cast("Backend", kind(backend, ACTS))
