"""What a cloud does with changes before they happen, and with apps as they are declared."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cloudkit.declared.declaration import DEFAULT, MARK, Declaration, Declared, mark_of, marked
from cloudkit.declared.exported import Exported, Form
from cloudkit.errors import ConflictError, UsageError
from cloudkit.image import BuiltImage
from cloudkit.images import Images
from cloudkit.model.app import AppSpec
from cloudkit.model.parameter import FromFile, Names
from cloudkit.model.plan import Plan
from cloudkit.model.progress import Phase, Progress
from cloudkit.model.reference import Reference
from cloudkit.model.rows import Rows
from cloudkit.model.secret import Secret
from cloudkit.model.state import AppState
from cloudkit.model.verb import Role, verb
from cloudkit.plans import Plans, load_plans

__all__ = ["Declaring"]

Secrets = Annotated[Mapping[str, str | Secret | Path] | None, FromFile()]


class Declaring(Images):
    """The part of a cloud that plans, declares and compares."""

    @contextmanager
    def planning(self) -> Iterator[Plans]:
        """Record what the verbs inside would do, as plans, and do none of it.

        Verbs that change no app, such as ``push`` or ``exec``, would act at once, and are refused.
        """
        with self._session.planning() as plans:
            yield Plans(self._session, plans)

    def load_plans(self, path: str | Path) -> Plans:
        """Return the plans that ``save`` or ``--plan-out`` has written to a file.

        Raises:
            ConfigError: It is no such file, not whole, changed, from a newer version, or made for another place.
        """
        return load_plans(self._session, path)

    @verb(role=Role.ADMIN)
    def apply(
        self,
        *wanted: Path | Declared,
        name: str | None = None,
        prune: bool = False,
        secrets: Secrets = None,
        digest: str | None = None,
        wait: bool = True,
        timeout: float | None = None,
    ) -> Rows[AppState]:
        """Make true what a file says: plans, as they were shown, or apps, as they are declared.

        Args:
            wanted: A file of plans, or files that declare apps: of cloudkit, compose or Kubernetes; in Python also
                apps, as ``cloudkit.declared.app`` declares them.
            name: The declaration's name, by which its apps are known later; what the file says where not given.
            prune: Remove the apps of the same declaration that are no longer in it.
            secrets: Values of secrets that the files only name, by ``NAME`` or ``app:NAME``; others are taken from
                ``CLOUDKIT_SECRET_NAME`` in the environment, else stay as they are.
            digest: Refuse any other change than that of this digest.
            wait: Return when all is as wanted.
            timeout: Seconds at the most for each app; without it its own rollout deadline.

        Raises:
            ConflictError: An app is no longer what its plan was made from, or is of another declaration.
        """
        planned = _planned(wanted)
        if planned is None:
            return (
                self._changes(wanted, name, secrets, prune=prune, pull=True)
                .checked(digest)
                .apply(wait=wait, timeout=timeout)
            )
        if name is not None or prune:
            raise UsageError("plans hold all that is to be done: no name and no prune beside them")
        return self.load_plans(planned).checked(digest).apply(secrets=secrets, wait=wait, timeout=timeout)

    @verb()
    def drift(
        self,
        *names: Annotated[str, Names(AppState)],
        file: Path | None = None,
        name: str | None = None,
        prune: bool = False,
        secrets: Secrets = None,
    ) -> Plans:
        """Show where what is there is not what is wanted: what was lost, stopped or changed by hand.

        Args:
            names: The apps; all where not given.
            file: Compare with what this file declares, in place of what was deployed last.
            name: The declaration's name; what the file says where not given.
            prune: Count the apps of the same declaration that are no longer in it.
            secrets: Values of secrets that the file only names, by ``NAME`` or ``app:NAME``.
        """
        if file is None:
            backend = self._session.backend
            states = [backend.get(one) for one in names] if names else backend.apps()
            plans: Sequence[Plan] = [backend.plan(state.spec) for state in states]
        else:
            found = self._changes([file], name, secrets, prune=prune, pull=False)
            plans = found.only(*names) if names else found
        return Plans(self._session, tuple(plan for plan in plans if not plan.empty))

    @verb()
    def export(self, *names: Annotated[str, Names(AppState)], form: Form = "yaml", name: str | None = None) -> Exported:
        """Write down what is wanted of apps, so that it can be declared; what a form cannot say is named.

        Args:
            names: The apps; all where not given.
            form: ``yaml`` and ``python`` for cloudkit, ``compose``, or manifests of ``kubernetes``.
            name: The declaration's name; the one that the apps carry where not given.
        """
        from cloudkit.declared.exporting import exported

        backend = self._session.backend
        specs = [state.spec for state in ([backend.get(one) for one in names] if names else backend.apps())]
        marks = {mark_of(spec) for spec in specs} - {None}
        known = next(iter(marks)) if len(marks) == 1 else None
        return exported(specs, form=form, name=name or known or DEFAULT)

    @verb()
    def convert(self, file: Path, *, form: Form = "yaml") -> Exported:
        """Write what a file declares in another form; what is not used of it is named.

        Args:
            file: A file of cloudkit, of compose, or with manifests of Kubernetes.
            form: What to write, as in ``export``.
        """
        from cloudkit.declared.exporting import rewritten

        return rewritten(self._read(file), form=form)

    def _read(self, file: Path) -> Declaration:
        from cloudkit.declared.reading import read_declaration

        return read_declaration(Path(file), os.environ)

    def _changes(
        self,
        wanted: Sequence[Path | Declared],
        name: str | None,
        secrets: Mapping[str, str | Secret | Path] | None,
        *,
        prune: bool,
        pull: bool,
    ) -> Plans:
        """Return the plans that make declared apps true."""
        from cloudkit.declared.secrets import filled
        from cloudkit.model.given import GivenSecrets

        declaration = self._declared(wanted, name, prune=prune)
        for note in declaration.notes:
            self._session.listener(Progress(phase=Phase.NOTICE, item=declaration.name, message=f"not used: {note}"))
        given, present = GivenSecrets(secrets, os.environ), {one.name: one.spec for one in self._session.backend.apps()}
        given.refuse_unused((app, name) for app, name in declaration.secrets)
        _refuse_others(declaration, present)
        pinned = [
            (one, filled(one.pinned(self._pinned(one, present.get(one.name), pull=pull)), present.get(one.name), given))
            for one in declaration.apps
        ]
        with self.planning() as plans:
            for one, spec in pinned:
                self._session.deploy(marked(spec, declaration.name), keep_replicas=not one.counts)
            for left in _left(declaration, present) if prune else ():
                self._session.delete(left)
        return plans

    def _declared(self, wanted: Sequence[Path | Declared], name: str | None, *, prune: bool) -> Declaration:
        if not wanted:
            raise UsageError("nothing is declared", hint="cloudkit apply FILE, or cloud.apply(app('web', 'web:1'))")
        apps = tuple(one for one in wanted if isinstance(one, Declared))
        files = [self._read(one) for one in wanted if not isinstance(one, Declared)]
        names = {one.name for one in files}
        if prune and name is None and (len(names) > 1 or DEFAULT in names):
            hint = "name: shop in the file, or --name shop"
            raise UsageError("prune needs the declaration's name, so that no other's apps are removed", hint=hint)
        told = name or (next(iter(names)) if len(names) == 1 else DEFAULT)
        return Declaration(name=told, apps=apps).joined(files)

    def _pinned(self, one: Declared, present: AppSpec | None, *, pull: bool) -> Reference:
        """Return the image by which replicas get it; what runs already by the same pinned name is not looked for."""
        if isinstance(one.image, BuiltImage):
            return self._session.published(one.image.state)
        if one.reference.digest is not None and present is not None and present.image == one.reference:
            return one.reference
        if not pull and self._session.plans is None:
            with self._session.planning():
                return self._session.published(self._here_or_pulled(one.image).state)
        return self._session.published(self._here_or_pulled(one.image).state)


def _planned(wanted: Sequence[Path | Declared]) -> Path | None:
    """Return the file of plans that is meant; None where apps are declared."""
    from cloudkit.model.planfile import is_plan
    from cloudkit.model.writing import read_whole

    files = [one for one in wanted if not isinstance(one, Declared) and is_plan(read_whole(Path(one)))]
    if files and len(wanted) > 1:
        raise UsageError("a file of plans is applied alone", hint=f"cloudkit apply {files[0]}")
    return files[0] if files else None


def _refuse_others(declaration: Declaration, present: Mapping[str, AppSpec]) -> None:
    """Refuse an app that another declaration owns."""
    for one in declaration.apps:
        owner = mark_of(present[one.name]) if one.name in present else None
        if owner not in (None, declaration.name):
            message = f"app {one.name!r} is of the declaration {owner!r}, not of {declaration.name!r}"
            raise ConflictError(message, hint=f"--name {owner}; or take the label {MARK} from it")


def _left(declaration: Declaration, present: Mapping[str, AppSpec]) -> Iterator[str]:
    """Yield the apps of a declaration that are there and no longer in it."""
    declared = {one.name for one in declaration.apps}
    for name, spec in present.items():
        if mark_of(spec) == declaration.name and name not in declared:
            yield name
