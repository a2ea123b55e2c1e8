"""A container's words and variables as a spec has them: pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cloudkit.backends.adopting.fields import Fields
from cloudkit.backends.adopting.saying import hidden
from cloudkit.backends.kubernetes.adopting.sources import Sources
from cloudkit.model.secret import Secret

__all__ = ["plain_words", "variables_of"]

_REFERENCE = re.compile(r"(?<!\$)(?:\$\$)*\$\([^)]*\)")


def plain_words(container: Fields, name: str) -> tuple[str, ...] | None:
    """Return a command's words; those into which the node puts a variable's value are named as lost."""
    words = container.take(name)
    if not words:
        return None
    if any(_REFERENCE.search(word) for word in words):
        container.lose(name, "the node puts variables into it")
    return tuple(map(_unescaped, words))


def variables_of(container: Fields, sources: Sources) -> dict[str, str | Secret]:
    """Return the variables: those that come from a Secret as secrets, those from a ConfigMap by their present value."""
    found = dict[str, str | Secret]()
    for part in container.parts("envFrom"):
        found |= _whole(part, sources)
    for part in container.parts("env"):
        found |= dict(_one(part, sources))
        part.close()
    return found


def _whole(part: Fields, sources: Sources) -> dict[str, str | Secret]:
    """Return all that a Secret or a ConfigMap has, as variables."""
    prefix = part.take("prefix") or ""
    secret, config = part.take("secretRef") or {}, part.take("configMapRef") or {}
    part.close()
    hidden = sources.secrets.get(secret.get("name", ""), {})
    shown = sources.configs.get(config.get("name", ""), {})
    return {f"{prefix}{key}": Secret(value) for key, value in hidden.items()} | {
        f"{prefix}{key}": value for key, value in shown.items()
    }


def _one(part: Fields, sources: Sources) -> Iterator[tuple[str, str | Secret]]:
    name, text, source = part.take("name"), part.take("value"), part.part("valueFrom")
    if not source:
        if _REFERENCE.search(text or ""):
            part.lose(name, "the node puts variables into it")
        yield name, hidden(name, _unescaped(text or ""))
        return
    secret, config = source.take("secretKeyRef"), source.take("configMapKeyRef")
    if secret:
        value = _value(sources.secrets, secret)
        if value is not None:
            yield name, Secret(value)
        elif not secret.get("optional"):
            part.lose(name, f"Secret {secret['name']} has no text {secret['key']!r}")
    elif config:
        value = _value(sources.configs, config)
        if value is not None:
            yield name, value
        elif not config.get("optional"):
            part.lose(name, f"ConfigMap {config['name']} has no text {config['key']!r}")
    source.close()


def _value(found: Mapping[str, Mapping[str, str]], named: Mapping[str, Any]) -> str | None:
    return found.get(named["name"], {}).get(named["key"])


def _unescaped(text: str) -> str:
    """Return what a program is given of a text in which ``$$`` stands for ``$``.

    >>> _unescaped("cost: $$(PRICE)")
    'cost: $(PRICE)'
    """
    return text.replace("$$", "$")
