"""Small checks of JSON, and checks made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cloudkit_bot.testing.refusal import Refusal

__all__ = ["Check", "Fields", "Typed", "anything", "many", "number", "one_of", "string", "text", "wrong"]

Check = Callable[[Any, str], None]


def wrong(where: str, what: str) -> Refusal:
    """What Slack says of blocks that are not as they should be."""
    return Refusal("invalid_blocks", f"[ERROR] {what} [json-pointer:{where}]")


def text(most: int, *, plain: bool = False, least: int = 1) -> Check:
    """A text object of at most so many characters."""
    kinds = {"plain_text"} if plain else {"plain_text", "mrkdwn"}

    def check(value: Any, where: str) -> None:  # noqa: ANN401 # JSON
        if not isinstance(value, dict) or value.get("type") not in kinds or not isinstance(value.get("text"), str):
            raise wrong(where, f"must be a text object of type {sorted(kinds)}")
        string(most, least=least)(value["text"], f"{where}/text")

    return check


def string(most: int, *, least: int = 0) -> Check:
    """A string of some length."""

    def check(value: Any, where: str) -> None:  # noqa: ANN401 # JSON
        if not isinstance(value, str):
            raise wrong(where, "must be a string")
        if len(value) > most:
            raise wrong(where, f"must be less than {most + 1} characters")
        if len(value) < least:
            raise wrong(where, f"must be more than {least - 1} characters")

    return check


def many(of: Check, most: int, *, least: int = 1) -> Check:
    """A list of some length."""

    def check(value: Any, where: str) -> None:  # noqa: ANN401 # JSON
        if not isinstance(value, list):
            raise wrong(where, "must be a list")
        if not least <= len(value) <= most:
            raise wrong(where, f"must have {least} to {most} items, not {len(value)}")
        for index, item in enumerate(value):
            of(item, f"{where}/{index}")

    return check


def one_of(*words: Any) -> Check:  # noqa: ANN401 # JSON
    """One of some values."""

    def check(value: Any, where: str) -> None:  # noqa: ANN401 # JSON
        if value not in words:
            raise wrong(where, f"must be one of {words}")

    return check


def anything(_value: Any, _where: str) -> None:  # noqa: ANN401 # JSON
    """Whatever it is: its own rules are not those of a bot that shows text."""


def number(least: float, most: float) -> Check:
    """A number within bounds."""

    def check(value: Any, where: str) -> None:  # noqa: ANN401 # JSON
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise wrong(where, f"must be a number from {least} to {most}")

    return check


@dataclass(frozen=True)
class Fields:
    """An object: its fields, those that it must have, and what else holds."""

    fields: Mapping[str, Check]
    needed: Sequence[str] = ()
    law: Check = anything

    def __call__(self, value: Any, where: str) -> None:  # noqa: ANN401 # JSON
        """Refuse what is not such an object."""
        if not isinstance(value, dict):
            raise wrong(where, "must be an object")
        for name in self.needed:
            if name not in value:
                raise wrong(where, f"missing required field: {name}")
        for name, item in value.items():
            if name not in self.fields:
                raise wrong(where, f"invalid additional property: {name}")
            self.fields[name](item, f"{where}/{name}")
        self.law(value, where)


@dataclass(frozen=True)
class Typed:
    """An object whose field ``type`` says which one it is."""

    kinds: Mapping[str, Fields]

    def __call__(self, value: Any, where: str) -> None:  # noqa: ANN401 # JSON
        """Refuse what is none of them."""
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in self.kinds:
            raise wrong(where, f"unsupported type: {kind}")
        self.kinds[kind]({name: item for name, item in value.items() if name != "type"}, where)
