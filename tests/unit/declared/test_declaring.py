"""Apps as they are declared, made true on the twin."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from unit.model.strategies import app_specs

from cloudkit import (
    Cloud,
    ConfigError,
    ConflictError,
    NotFoundError,
    Plans,
    Progress,
    Secret,
    UnsupportedError,
    UsageError,
)
from cloudkit.declared import Declaration, Declared, app, secret
from cloudkit.declared.declaration import MARK
from cloudkit.declared.exporting import exported
from cloudkit.declared.yamltext import documents
from cloudkit.model.app import AppSpec
from cloudkit.testing import World, cloud

OWN = """\
name: shop
apps:
  web:
    image: web:1
    port: 3000
    replicas: 2
    env: {MODE: prod, LEVEL: 3, DEBUG: false, TOKEN: {secret: TOKEN}}
    config:
      /etc/web.conf: {file: web.conf}
    secrets:
      key: {file: key.txt}
    readiness: {kind: http, path: /healthz, period: 2}
    volumes: ["data:/data", {target: /cache, kind: tmpfs}]
  jobs:
    image: web:1
    kind: worker
"""
SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "reference" / "declaration.schema.json").read_text())


@pytest.fixture
def world() -> World:
    """What several clouds share."""
    return World()


@pytest.fixture
def memory(world: World) -> Cloud:
    """A cloud with an image."""
    made = cloud(world=world)
    made.image("web:1").pull()
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that declares two apps, and the files that it names."""
    (tmp_path / "web.conf").write_text("a = 1\n")
    (tmp_path / "key.txt").write_text("hunter5")
    (tmp_path / "shop.yaml").write_text(OWN)
    return tmp_path / "shop.yaml"


def there(cloud: Cloud) -> dict[str, int]:
    """Return the generations of the apps."""
    return {one.name: one.generation for one in cloud.apps()}


def test_what_is_declared_is_made_true_once(memory: Cloud) -> None:
    """Twice is the same; what the options leave out has its default, but for the number of replicas."""
    wanted = (app("web", "web:1", port=3000, env={"A": "1"}), app("jobs", "web:1", kind="worker"))

    first = memory.apply(*wanted, name="shop")
    memory.app("web").scale(3)
    second = memory.apply(*wanted, name="shop")

    assert [one.name for one in first] == ["web", "jobs"]
    assert {one.name: (one.generation, one.ready) for one in second} == {"web": (2, 3), "jobs": (1, 1)}
    memory.apply(app("web", "web:1", port=3000), name="shop")
    assert "A" not in memory.app("web").status().spec.env


def test_prune_removes_those_of_the_same_declaration_alone(memory: Cloud) -> None:
    """Neither those of another, nor those that nobody declared."""
    memory.deploy("own", "web:1")
    memory.apply(app("other", "web:1"), name="other")
    memory.apply(app("web", "web:1"), app("old", "web:1"), name="shop")

    memory.apply(app("web", "web:1"), name="shop")
    assert set(there(memory)) == {"own", "other", "web", "old"}
    memory.apply(app("web", "web:1"), name="shop", prune=True)

    assert there(memory) == {"own": 1, "other": 1, "web": 1}


def test_an_app_of_another_declaration_is_refused(memory: Cloud) -> None:
    """Two repositories do not take turns in changing it; one that nobody declared is taken over."""
    memory.deploy("web", "web:1")
    memory.apply(app("web", "web:1"), name="shop")

    with pytest.raises(ConflictError, match="of the declaration 'shop', not of 'other'"):
        memory.apply(app("web", "web:1", env={"A": "1"}), name="other")

    assert there(memory) == {"web": 2}
    assert memory.app("web").status().spec.labels[MARK] == "shop"


def test_a_file_declares_all_that_options_say(memory: Cloud, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets are named in it, and come from elsewhere; files stand beside it."""
    with pytest.raises(ConfigError, match="'TOKEN', which nobody has given"):
        memory.apply(file)
    assert there(memory) == {}
    monkeypatch.setenv("CLOUDKIT_SECRET_TOKEN", "hunter2")
    memory.apply(file)
    monkeypatch.delenv("CLOUDKIT_SECRET_TOKEN")

    spec = memory.app("web").status().spec
    assert {key: value for key, value in spec.env.items() if key != "TOKEN"} == {
        "MODE": "prod", "LEVEL": "3", "DEBUG": "false"
    }  # fmt: skip  # a line for what was declared
    assert spec.env["TOKEN"] == Secret("hunter2")
    assert (spec.config["/etc/web.conf"], spec.secrets["/run/secrets/key"]) == ("a = 1\n", Secret("hunter5"))
    memory.apply(file)
    assert there(memory) == {"web": 1, "jobs": 1}
    memory.apply(file, secrets={"web:TOKEN": "hunter3"})
    assert memory.app("web").status().spec.env["TOKEN"] == Secret("hunter3")


def test_drift_shows_what_is_not_as_declared_or_as_deployed(memory: Cloud, world: World, file: Path) -> None:
    """Against a file by its fields, without one by what was lost."""
    given = {"TOKEN": "hunter2"}
    memory.apply(file, secrets=given)
    assert (memory.drift(), memory.drift(file=file)) == (Plans(memory._session, ()), Plans(memory._session, ()))

    memory.app("web").deploy(env={"MODE": "test"})
    world.faults.lose(memory.app("jobs").status().replicas[0].name)

    assert [(plan.app, plan.before == plan.after) for plan in memory.drift()] == [("jobs", True)]
    found = memory.drift(file=file, secrets=given)
    assert '+env.MODE: "prod"' in found.diff()
    assert [plan.app for plan in memory.drift("web", file=file, secrets=given)] == ["web"]
    found.apply()
    assert memory.drift(file=file).empty


def test_a_declaration_is_planned_as_any_change(memory: Cloud, file: Path, tmp_path: Path) -> None:
    """The plans hold what comes and what goes, and can be approved by their digest."""
    memory.apply(app("old", "web:1"), name="shop")
    with memory.planning() as plans:
        memory.apply(file, prune=True, secrets={"TOKEN": "hunter2"})

    assert {plan.app: plan.after is not None for plan in plans} == {"web": True, "jobs": True, "old": False}
    assert there(memory) == {"old": 1}
    saved = plans.save(tmp_path / "plan.json")
    with pytest.raises(ConflictError, match="nothing was done"):
        memory.apply(file, prune=True, secrets={"TOKEN": "hunter2"}, digest="0" * 64)
    memory.apply(saved, digest=plans.digest, secrets={"TOKEN": "hunter2", "key": "hunter5"})
    assert set(there(memory)) == {"web", "jobs"}


def test_toml_says_the_same(memory: Cloud, tmp_path: Path) -> None:
    """Also beside the settings of a project, which are read as before."""
    project = tmp_path / "cloudkit.toml"
    project.write_text('backend = "memory"\nname = "shop"\n[apps.web]\nimage = "web:1"\nport = 3000\n')

    memory.apply(project)

    assert memory.app("web").status().spec.ports[0].publish == 3000
    from cloudkit.config.file import read_settings

    assert read_settings(project) == {"backend": "memory"}


REFUSED: dict[str, tuple[str, type[Exception], str]] = {
    "no apps": ("name: shop\n", ConfigError, "declares no apps"),
    "no mapping": ("- 1\n", ConfigError, "no mapping"),
    "no YAML": ("a: [", ConfigError, "no YAML"),
    "twice": ("apps:\n  web: {image: a, image: b}\n", ConfigError, "no YAML"),
    "unknown key": ("nam: shop\napps: {}\n", ConfigError, "unknown key 'nam'"),
    "no table": ("apps: {web: 1}\n", ConfigError, "no table"),
    "no image": ("apps: {web: {port: 1}}\n", ConfigError, "no image"),
    "unknown option": ("apps: {web: {image: a, prot: 1}}\n", UsageError, "no option 'prot'"),
    "wrong option": ("apps: {web: {image: a, port: no}}\n", UsageError, "port"),
    "wrong field": ("apps: {web: {image: a, port: {nr: 1}}}\n", ConfigError, "apps.web.port"),
    "clear secret": ("apps: {web: {image: a, secrets: {k: hunter2}}}\n", ConfigError, "in the clear"),
    "no name": ("apps: {web: {image: a, env: {K: {key: x}}}}\n", ConfigError, "names no secret"),
}


@pytest.mark.parametrize(("text", "kind", "match"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_is_wrong_says_where(
    memory: Cloud, tmp_path: Path, text: str, kind: type[Exception], match: str
) -> None:
    """Before anything changes, and without a secret."""
    (tmp_path / "shop.yaml").write_text(text)

    with pytest.raises(kind, match=match) as caught:
        memory.apply(tmp_path / "shop.yaml")

    assert "hunter2" not in str(caught.value)


USES: dict[str, Callable[[Cloud, Path], object]] = {
    "nothing": lambda cloud, _: cloud.apply(),
    "no name to prune by": lambda cloud, file: cloud.apply(file, prune=True),
    "two of a name": lambda cloud, _: cloud.apply(app("web", "web:1"), app("web", "web:1")),
    "an unknown secret": lambda cloud, _: cloud.apply(app("web", "web:1"), secrets={"TOKEN": "x"}),
    "an unknown option": lambda _, __: app("web", "web:1", prot=1),  # type: ignore[call-arg]  # what is refused
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_wrong_use_is_refused(memory: Cloud, tmp_path: Path, use: Callable[[Cloud, Path], object]) -> None:
    """With nothing changed."""
    (tmp_path / "shop.yaml").write_text("apps: {web: {image: 'web:1'}}\n")

    with pytest.raises(UsageError):
        use(memory, tmp_path / "shop.yaml")

    assert there(memory) == {}


def test_an_image_that_is_not_here_is_pulled_by_apply_alone(memory: Cloud, tmp_path: Path) -> None:
    """A look fetches nothing; one that runs by the same pinned name is not looked for."""
    (tmp_path / "shop.yaml").write_text("name: shop\napps: {web: {image: 'new:1'}}\n")

    with pytest.raises(UnsupportedError, match="nothing was done"):
        memory.drift(file=tmp_path / "shop.yaml")
    memory.apply(tmp_path / "shop.yaml")
    pinned = str(memory.app("web").status().spec.image)
    memory.backend.images.remove(memory.app("web").status().spec.image)
    (tmp_path / "shop.yaml").write_text(f"name: shop\napps: {{web: {{image: '{pinned}'}}}}\n")

    assert memory.drift(file=tmp_path / "shop.yaml").empty


@pytest.mark.parametrize("form", ["yaml", "python"])
def test_what_runs_is_exported_and_declared_again(memory: Cloud, file: Path, tmp_path: Path, form: str) -> None:
    """Elsewhere it makes the same apps; here nothing is to be done."""
    memory.apply(file, secrets={"TOKEN": "hunter2"})

    written = memory.export(form=form)  # type: ignore[arg-type]  # a form that there is

    assert "hunter" not in str(written)
    assert written.losses == ()
    other = cloud(world=World())
    other.image("web:1").pull()
    given = {"TOKEN": Secret("hunter2"), "key": Secret("hunter5")}
    if form == "yaml":
        (tmp_path / "export.yaml").write_text(str(written))
        other.apply(tmp_path / "export.yaml", secrets=given)
        assert memory.drift(file=tmp_path / "export.yaml").empty
    else:
        made: dict[str, object] = {}
        code = written.text.replace("cloud = Cloud()", "").replace('name="shop",', 'name="shop", secrets=given,')
        exec(code, made | {"cloud": other, "given": given})
    assert {one.name: one.spec for one in other.apps()} == {one.name: one.spec for one in memory.apps()}


def test_a_file_of_compose_is_applied_and_converted(world: World, tmp_path: Path) -> None:
    """What is not used of it is told to the listener, and stands in what it is converted to."""
    heard: list[Progress] = []
    memory = Cloud(cloud(world=world).backend, listener=heard.append)
    memory.image("web:1").pull()
    file = tmp_path / "compose.yaml"
    file.write_text("services: {web: {image: 'web:1', tty: true, ports: ['8080:80']}}\n")

    memory.apply(file, name="shop")
    written = memory.convert(file)

    assert memory.app("web").status().spec.ports[0].publish == 8080
    assert "not used: services.web.tty" in [one.message for one in heard]
    assert written.losses == ("services.web.tty",)
    assert str(written).startswith("# not exported: services.web.tty\nname: default\n")


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(app_specs())
def test_the_schema_takes_whatever_is_exported(spec: AppSpec) -> None:
    """So that an editor marks nothing that is right."""
    written = exported([spec], form="yaml", name="shop")

    jsonschema.validate(documents(written.text, "it")[0], SCHEMA)


def test_the_schema_takes_a_file_and_refuses_a_mistake() -> None:
    """As cloudkit does."""
    (data,) = documents(OWN, "it")
    jsonschema.validate(data, SCHEMA)

    data["apps"]["web"]["prot"] = 3000
    with pytest.raises(jsonschema.ValidationError, match="prot"):
        jsonschema.validate(data, SCHEMA)


def test_a_declaration_is_a_value() -> None:
    """Equal by what it says, and named as labels are."""
    one = Declaration(name="shop", apps=(app("web", "web:1", env={"T": secret("T")}),))

    assert one == Declaration(name="shop", apps=(Declared("web", "web:1", {"env": {"T": secret("T")}}),))
    assert one.secrets == [("web", "T")]
    with pytest.raises(UsageError, match="declaration: name"):
        Declaration(name="No Name", apps=())


def test_a_file_that_is_not_there_says_so(memory: Cloud, tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(NotFoundError, match=r"no\.yaml"):
        memory.apply(tmp_path / "no.yaml")
