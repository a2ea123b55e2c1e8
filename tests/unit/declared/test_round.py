"""What is written is read back as the same apps, but for the losses that it names."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from unit.backends.kubernetes.supported import ending_specs, owned_specs, supported_specs
from unit.model.strategies import app_specs

from cloudkit.declared.declaration import Declaration
from cloudkit.declared.exported import Exported
from cloudkit.declared.exporting import exported
from cloudkit.declared.options import same
from cloudkit.declared.reading import read_declaration
from cloudkit.declared.secrets import secret
from cloudkit.model.app import AppSpec
from cloudkit.model.reference import Reference
from cloudkit.model.secret import Secret

FEW = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
ENVIRON = {"PATH": "/bin", "CLOUDKIT_SECRET_OTHER": "x"}


def named(spec: AppSpec) -> AppSpec:
    """Return a spec that only names its secrets, as a file does."""
    env = {key: secret(key) if isinstance(value, Secret) else value for key, value in spec.env.items()}
    paths = {path: secret(path.removeprefix("/run/secrets/")) for path in spec.secrets}
    return same(spec.replace(env=env, secrets=paths))


def read_back(spec: AppSpec, form: str, folder: Path) -> tuple[Exported, AppSpec | None, Declaration | None]:
    """Write a spec and read it."""
    written = exported([spec], form=form, name="shop")  # type: ignore[arg-type]  # a form that there is
    if any("left out" in loss for loss in written.losses):
        return written, None, None
    file = folder / "declared.yaml"
    file.write_text(str(written))
    found = read_declaration(file, ENVIRON)
    return written, found.specs[spec.name], found


def differences(spec: AppSpec, found: AppSpec) -> set[str]:
    """Return the fields that differ."""
    one, other = named(spec), same(found)
    return {field.name for field in fields(one) if getattr(one, field.name) != getattr(other, field.name)}


def lost(written: Exported) -> set[str]:
    """Return the fields whose loss is named."""
    return {loss.partition(": ")[2].partition(":")[0] for loss in written.losses}


@FEW
@given(app_specs())
def test_our_own_file_says_all(tmp_path_factory: pytest.TempPathFactory, spec: AppSpec) -> None:
    """But that an app is stopped."""
    written, found, declaration = read_back(spec, "yaml", tmp_path_factory.mktemp("declared"))

    assert found is not None
    assert declaration is not None
    assert (differences(spec, found), declaration.name, declaration.notes) == (set(), "shop", ())
    assert lost(written) == ({"that it is stopped"} if spec.stopped else set())


@FEW
@given(app_specs())
def test_the_program_says_all(spec: AppSpec) -> None:
    """It declares the same app to whatever cloud runs it."""
    written = exported([spec], form="python", name="shop")
    seen: list[object] = []

    class Seen:
        def apply(self, *apps: object, name: str) -> None:
            seen.extend((*apps, name))

    code = written.text.replace("cloud = Cloud()", "")
    exec(code, {"cloud": Seen()})

    declared, name = seen
    assert differences(spec, declared.spec) == set()  # type: ignore[attr-defined]  # what app() returns
    assert name == "shop"


@FEW
@example(AppSpec(name="web", image=Reference.parse("web:1"), networks=("a--0",)))
@given(app_specs())
def test_compose_names_what_it_loses(tmp_path_factory: pytest.TempPathFactory, spec: AppSpec) -> None:
    """And brings back the rest; it uses all that it wrote."""
    written, found, declaration = read_back(spec, "compose", tmp_path_factory.mktemp("declared"))

    assert found is not None
    assert declaration is not None
    assert differences(spec, found) - lost(written) == set(), written
    assert declaration.notes == ()


@FEW
@given(st.one_of(supported_specs(), owned_specs(), ending_specs()))
def test_manifests_name_what_they_lose(tmp_path_factory: pytest.TempPathFactory, spec: AppSpec) -> None:
    """And bring back the rest."""
    written, found, declaration = read_back(spec, "kubernetes", tmp_path_factory.mktemp("declared"))

    if found is None:
        return
    assert declaration is not None
    assert differences(spec, found) - lost(written) == set(), written
    assert [note for note in declaration.notes if not note.startswith(("NetworkPolicy", "PodDisruption"))] == []
