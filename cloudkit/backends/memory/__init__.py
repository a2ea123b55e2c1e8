"""An engine in memory with a virtual clock: the reference of the backend's contract, and what users test against."""

from cloudkit.backends.memory.backend import MemoryBackend

__all__ = ["MemoryBackend"]
