"""Laws of the journal: what was done is told, also of a caller that was killed, and can be undone."""

from __future__ import annotations

from contextlib import suppress

import pytest
from contract.drivers.driver import PORT, Driver, Verb

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError, NotFoundError, RolloutError
from cloudkit.model.app import AppSpec
from cloudkit.model.progress import Phase, Progress
from cloudkit.model.secret import Secret


def wanted(cloud: Cloud) -> AppSpec | None:
    """What is wanted of the app now; None when it is not there."""
    try:
        return cloud.app("web").status().spec
    except NotFoundError:
        return None


def test_each_undo_brings_back_what_was_wanted_before(driver: Driver, cloud: Cloud) -> None:
    """With its secrets and files, and at last nothing."""
    secrets = {"TOKEN": Secret("first"), "BODY": "one"}
    files = {"/etc/web.toml": "a = 1"}
    web = cloud.deploy("web", driver.image, port=PORT, publish=driver.free_port(), env=secrets, config=files)
    first = wanted(cloud)
    web.deploy(env=secrets | {"TOKEN": Secret("second")}, config={"/etc/web.toml": "a = 2"})
    second = wanted(cloud)
    web.scale(2)

    cloud.undo()
    after_scale = wanted(cloud)
    cloud.undo("web")
    after_deploy = wanted(cloud)
    cloud.undo()

    assert after_scale == second
    assert after_deploy == first
    assert wanted(cloud) is None
    assert [entry.undoes for entry in cloud.history("web", last=3)] == [
        entry.number for entry in reversed(cloud.history("web")[3:])
    ]
    with pytest.raises(NotFoundError, match="no change"):
        cloud.undo("web")


def test_an_app_that_was_deleted_comes_back(driver: Driver, cloud: Cloud) -> None:
    """Where nothing of it was secret; it serves as before."""
    web = cloud.deploy("web", driver.image, port=PORT, publish=driver.free_port(), replicas=2)
    before = wanted(cloud)
    web.delete()

    back = cloud.undo()

    assert back is not None
    assert wanted(cloud) == before
    assert driver.get(back.url).status == 200


def test_what_the_world_has_changed_since_is_not_undone_unless_said(web: App, cloud: Cloud) -> None:
    """Another writer, who keeps no journal, has the last word."""
    web.scale(1)
    with_two = cloud.history("web")[0].number
    Cloud(cloud.backend, journal="off", namespace=cloud.backend.namespace).app("web").scale(3)

    with pytest.raises(ConflictError, match="was changed since, not through this journal"):
        cloud.undo()
    assert web.status().spec.replicas == 3
    cloud.undo(force=True)

    assert web.status().spec.replicas == 2
    assert cloud.history("web")[0].undoes == with_two


def test_a_rollback_goes_to_the_last_healthy_revision_and_says_why(driver: Driver, cloud: Cloud) -> None:
    """One that was never ready is passed over, though it is the one before."""
    told: list[Progress] = []
    mine = Cloud(cloud.backend, namespace=cloud.backend.namespace, listener=told.append)
    web = mine.deploy("web", driver.image, port=PORT, env={"BODY": "good"})
    with suppress(RolloutError):  # where nobody waits, an engine may still look
        web.deploy(env={"BODY": "bad", "LISTEN_PORT": "9090"}, wait=False)
    kept = {revision.number for revision in web.revisions()}
    web.deploy(env={"BODY": "other"})
    told.clear()

    web.rollback()

    assert web.status().spec.env["BODY"] == "good"
    (why,) = [event.message for event in told if event.phase is Phase.NOTICE and event.message.startswith("goes back")]
    assert why.startswith("goes back to revision 1, which was ready at ")
    assert ("revision 2 was not ready at" in why) == (2 in kept)


def test_undo_and_rollback_find_what_they_need_after_old_entries_went(driver: Driver, cloud: Cloud) -> None:
    """However old it is: all of it is removed that is not needed."""
    web = cloud.deploy("web", driver.image, port=PORT, env={"BODY": "one"})
    web.deploy(env={"BODY": "two"})
    web.scale(2)
    web.scale(1)
    entries = len(cloud.history("web"))

    removed = [entry for entry in cloud.prune_history("now") if entry.app == "web"]

    assert len(cloud.history("web")) == entries - len(removed) < entries
    cloud.undo("web")
    assert web.status().spec.replicas == 2
    web.rollback()
    assert web.status().spec.env["BODY"] == "one"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["roll", "scale", "delete"])
def test_of_a_killed_caller_the_journal_says_what_became_of_its_change(driver: Driver, cloud: Cloud, name: str) -> None:
    """In front of some of the engine's changes: nothing is done without an entry, and it tells what is wanted now."""
    verbs = {
        "roll": Verb(name="deploy", app="web", options={"env": {"BODY": "new"}}),
        "scale": Verb(name="scale", app="web", options={"replicas": 3}),
        "delete": Verb(name="delete", app="web"),
    }
    for step in driver.kill_points[:3]:
        cloud.deploy("web", driver.image, port=PORT, publish=0, replicas=2, env={}).scale(2)
        before, last = wanted(cloud), cloud.history("web")[0]
        if not driver.kill(verbs[name], step):
            break

        entry = cloud.history("web")[0]

        changed = wanted(cloud) != before
        assert (entry.outcome, entry.changed) == ("unknown", changed) or (entry == last and not changed)
        assert entry == last or "gone; " in entry.note
        if wanted(cloud) is not None:
            cloud.app("web").delete()
