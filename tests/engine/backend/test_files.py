"""What an engine holds of an app's files: whose they are, where they stand, and when they go."""

from __future__ import annotations

from typing import Any

import docker
import pytest

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import RolloutError
from cloudkit.model.cause import CauseCode

pytestmark = pytest.mark.engine

TOML, TOKEN = "/etc/web/web.toml", "/run/secrets/token"


def deployed(cloud: Cloud, image: str, **options: Any) -> App:
    """Deploy an app with a file of each sort."""
    given: dict[str, Any] = {"config": {TOML: "a = 1"}, "secrets": {"token": "hunter2"}}
    return cloud.deploy("web", image, port=8080, publish=False, stop_grace=1, **(given | options))


def modes(web: App) -> list[str]:
    """Return mode and owner of the files and of a folder that was made for one."""
    return web.exec("stat", "-c", "%a %u:%g", TOML, TOKEN, "/etc/web", "/etc").output.split("\n")[:-1]


@pytest.mark.parametrize(
    ("user", "owner"), [(None, "0:0"), ("65532", "65532:0"), ("65532:65533", "65532:65533"), ("nobody", "65534:65534")]
)
def test_a_secret_is_its_users_alone(cloud: Cloud, image: str, user: str | None, owner: str) -> None:
    """A name is looked up in the image; folders that are there keep their own mode."""
    web = deployed(cloud, image, **({} if user is None else {"user": user}))

    assert modes(web) == ["444 0:0", f"400 {owner}", "755 0:0", "755 0:0"]


def test_a_read_only_app_cannot_write_its_files(cloud: Cloud, image: str) -> None:
    """Nor into their folder, which has all else of the image's."""
    web = deployed(cloud, image, read_only=True, config={"/etc/web.toml": "a = 1"})

    assert web.exec("cat", "/etc/web.toml", "/run/secrets/token").output == "a = 1hunter2"
    assert web.exec("sh", "-c", "echo x > /etc/new").exit_code != 0
    assert web.exec("sh", "-c", "echo x > /etc/web.toml").exit_code != 0
    assert web.exec("cat", "/etc/passwd").output.startswith("root:")


def test_volumes_of_files_go_with_their_revision(
    client: docker.DockerClient, cloud: Cloud, image: str, namespace: str
) -> None:
    """Those of revisions that can come back stay; nothing else of the filling does."""
    filters = {"label": [f"cloudkit/namespace={namespace}", "app.kubernetes.io/component=files"]}
    web = deployed(cloud, image, read_only=True)
    web.deploy(config={TOML: "a = 2"})

    held = sorted(one.name for one in client.volumes.list(filters=filters))
    with pytest.raises(RolloutError):
        web.deploy(config={TOML: "a = 3"}, command="false")
    after = sorted(one.name for one in client.volumes.list(filters=filters))

    assert [one.removeprefix(f"{namespace}.web.files.") for one in held] == ["1.0", "1.1", "2.0", "2.1"]
    assert after == held
    assert client.containers.list(all=True, filters=filters) == []
    web.delete()
    assert client.volumes.list(filters=filters) == []


def test_a_replica_that_was_only_made_gets_its_files(client: docker.DockerClient, cloud: Cloud, image: str) -> None:
    """Who made it was killed before it had them."""
    web = deployed(cloud, image)
    [replica] = web.status().replicas
    attributes = client.api.inspect_container(replica.id)
    client.containers.get(replica.id).remove(force=True)
    config: Any = {**attributes["Config"], "HostConfig": attributes["HostConfig"]}
    networks = {
        name: {"IPAMConfig": one["IPAMConfig"]} for name, one in attributes["NetworkSettings"]["Networks"].items()
    }
    config["NetworkingConfig"] = {"EndpointsConfig": networks}
    client.api.create_container_from_config(config, attributes["Name"].lstrip("/"))

    cloud.backend.apply(cloud.backend.plan(web.status().spec), listener=lambda _event: None)

    assert web.exec("cat", TOML, TOKEN).output == "a = 1hunter2"


def test_a_file_in_the_place_of_a_folder_is_told(cloud: Cloud, image: str) -> None:
    """With what the engine says; nothing is left that could not begin."""
    with pytest.raises(RolloutError) as caught:
        deployed(cloud, image, config={"/etc": "a = 1"})

    assert caught.value.cause.code is CauseCode.CONFIG_MISSING
    assert "hunter2" not in str(caught.value)
    assert cloud.apps() == ()
