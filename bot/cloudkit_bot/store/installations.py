"""The workspaces that have installed the app, with their tokens, and the installations that are under way.

Tokens stand in the bot's own database: a file that nobody else may read, or the tables of one Postgres user.
"""

from __future__ import annotations

import json
import logging
import secrets
from typing import Any

from slack_sdk.oauth.installation_store import Bot, Installation, InstallationStore
from slack_sdk.oauth.state_store import OAuthStateStore

from cloudkit_bot.store.table import Table

__all__ = ["Installations", "States"]

LOGGER = logging.getLogger("cloudkit_bot")
STATE_SECONDS = 600.0  # that somebody has to agree at Slack
_KEEP = (
    "INSERT INTO installations (team, content, at) VALUES (?, ?, ?) "
    "ON CONFLICT (team) DO UPDATE SET content = excluded.content, at = excluded.at"
)


class Installations(Table, InstallationStore):
    """The table of installations: one for each workspace, the newest."""

    @property
    def logger(self) -> logging.Logger:
        """Where slack_sdk tells of it."""
        return LOGGER

    def save(self, installation: Installation) -> None:
        """Keep an installation in place of the one before."""
        content = written(installation)
        self._database.write((_KEEP, (installation.team_id, content, self.clock())))

    def renew(self, installation: Installation) -> None:
        """Keep the new tokens of a workspace; one that has gone meanwhile does not come back."""
        content = written(installation)
        statement = "UPDATE installations SET content = ?, at = ? WHERE team = ?"
        self._database.write((statement, (content, self.clock(), installation.team_id)))

    def find_installation(
        self,
        *,
        enterprise_id: str | None = None,  # noqa: ARG002 # slack_sdk's signature; a workspace's name is unique
        team_id: str | None,
        user_id: str | None = None,  # noqa: ARG002 # the bot acts with its own token, whoever installed it
        is_enterprise_install: bool | None = False,  # noqa: ARG002 # of an organisation none is kept
    ) -> Installation | None:
        """Return the installation of a workspace; None where it has none."""
        rows = self._database.read(("SELECT content FROM installations WHERE team = ?", (team_id,)))
        return Installation(**json.loads(str(rows[0][0]))) if rows else None

    def find_bot(self, **where: Any) -> Bot | None:  # noqa: ANN401 # those of find_installation
        """Return what an installation says of the bot; None where the workspace has none."""
        found = self.find_installation(**where)
        return found.to_bot() if found else None

    def delete_bot(self, *, enterprise_id: str | None = None, team_id: str | None) -> None:  # noqa: ARG002 # likewise
        """Forget a workspace."""
        self._database.write(("DELETE FROM installations WHERE team = ?", (team_id,)))

    def delete_installation(
        self,
        *,
        enterprise_id: str | None = None,
        team_id: str | None,
        user_id: str | None = None,
    ) -> None:
        """Forget a workspace; where a user is named nothing is forgotten, as no token of users is kept."""
        if user_id is None:
            self.delete_bot(enterprise_id=enterprise_id, team_id=team_id)

    def teams(self) -> tuple[str, ...]:
        """Return the workspaces that there are."""
        return tuple(str(row[0]) for row in self._database.read(("SELECT team FROM installations ORDER BY team", ())))


def written(installation: Installation) -> str:
    """Return an installation as it is kept; slack_sdk reads times that are written so."""
    return json.dumps(installation.to_dict_for_copying(), default=lambda time: time.isoformat())


class States(Table, OAuthStateStore):
    """The table of installations under way: what a browser brings back from Slack, once."""

    @property
    def logger(self) -> logging.Logger:
        """Where slack_sdk tells of it."""
        return LOGGER

    def issue(self, *_args: object, **_given: object) -> str:
        """Return a new state."""
        state = secrets.token_urlsafe(32)
        late = ("DELETE FROM states WHERE until <= ?", (self.clock(),))
        self._database.write(
            late, ("INSERT INTO states (state, until) VALUES (?, ?)", (state, self.clock() + STATE_SECONDS))
        )
        return state

    def consume(self, state: str) -> bool:
        """Return True for a state that is known and not too old, the first time."""
        statement = "DELETE FROM states WHERE state = ? AND until > ? RETURNING 1"
        return bool(self._database.write((statement, (state, self.clock()))))
