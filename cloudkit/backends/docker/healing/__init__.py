"""An engine in the hands of the one that heals: its lease, its way to ask who lives, its changes."""

from __future__ import annotations

from cloudkit.backends.docker.healing.healer import DockerHealer

__all__ = ["DockerHealer"]
