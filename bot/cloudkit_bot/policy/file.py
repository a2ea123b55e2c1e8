"""A policy in a file, read again when it has changed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from cloudkit.errors import ConfigError
from cloudkit.verbs import Catalogue
from cloudkit_bot.policy.cedar import CedarPolicy
from cloudkit_bot.policy.explaining import Explanation
from cloudkit_bot.policy.verdict import Asker, Verdict, Wanted

__all__ = ["PolicyFile", "policy_in"]

LOGGER = logging.getLogger("cloudkit_bot")
STILL = 1.0  # seconds that a file must not have changed, so that one that is half written is not taken up


def policy_in(path: Path, catalogue: Catalogue) -> CedarPolicy:
    """Read a policy.

    Raises:
        ConfigError: It cannot be read, or is wrong.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot read the policy {path}: {error}") from error
    try:
        return CedarPolicy(text, catalogue)
    except ConfigError as error:
        raise ConfigError(f"the policy {path} is wrong", evidence=error.evidence, hint=error.hint) from error


class PolicyFile:
    """A policy in a file.

    A change is taken up with the next question, once the file is still: the beginning of a file may be a policy without
    the rules that forbid. A file that is wrong, or gone, is told to the log, and the policy stays as it was.

    Args:
        path: The file.
        catalogue: The verbs that it speaks of.
        clock: The time, as files have it.

    Raises:
        ConfigError: It cannot be read, or is wrong.
    """

    def __init__(self, path: Path, catalogue: Catalogue, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self.catalogue = catalogue
        self.clock = clock
        self.wrong = ""
        self._stamp, self._policy = self._stamped(), policy_in(path, catalogue)
        self._seen = (self._stamp, 0.0)  # the last look, and since when it has been so

    @property
    def groups(self) -> tuple[str, ...]:
        """The user groups that the rules name."""
        return self.current.groups

    @property
    def current(self) -> CedarPolicy:
        """The policy by the file as it is now."""
        stamp = self._stamped()
        if stamp != self._stamp and self._still(stamp):
            self._stamp = stamp
            try:
                self._policy, self.wrong = policy_in(self.path, self.catalogue), ""
                LOGGER.info("the policy %s has been read again", self.path)
            except ConfigError as error:
                self.wrong = str(error)
                LOGGER.error("the policy stays as it was: %s", error)  # noqa: TRY400 # the text says all
        return self._policy

    def decide(self, asker: Asker, wanted: Wanted) -> Verdict:
        """Say whether somebody may do something, by the file as it is now."""
        return self.current.decide(asker, wanted)

    def explain(self, asker: Asker, wanted: Wanted) -> Explanation:
        """Say which rule decides, by the file as it is now."""
        return self.current.explain(asker, wanted)

    def _still(self, stamp: tuple[int, int, int]) -> bool:
        """Tell whether a file has been as it is for a while, by its own time or by what was seen of it."""
        now = self.clock()
        if self._seen[0] != stamp:
            self._seen = (stamp, now)
        return now - stamp[0] / 1e9 >= STILL or now - self._seen[1] >= STILL

    def _stamped(self) -> tuple[int, int, int]:
        try:
            found = self.path.stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_mtime_ns, found.st_size, found.st_ino)
