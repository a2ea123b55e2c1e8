"""Files of configuration and secret files: they are there, they roll, they go; a secret stands nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from contract.drivers.driver import PORT, Driver
from contract.seen import eventually

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import RolloutError, UsageError
from cloudkit.model.secret import Secret

TOML, TOKEN, KEY = "/etc/web/web.toml", "/run/secrets/token", "/opt/app keys/a=b"
FIRST = 'title = "one"\nrate = 0.5\n$HOME $(HOME) ✓\n'
HIDDEN = "hunter2\nis = secret"


@pytest.fixture
def web(driver: Driver) -> App:
    """A published app of two replicas with files of both sorts, and variables beside them."""
    return driver.cloud.deploy(
        "web", driver.image, port=PORT, publish=driver.free_port(), replicas=2, config={TOML: FIRST, KEY: "key"},
        secrets={"token": HIDDEN}, env={"BODY": "hello", "PASSWORD": Secret("s3same")},
    )  # fmt: skip


def test_a_file_has_its_content(web: App) -> None:
    """Byte for byte, in each replica; a bare name of a secret stands in /run/secrets."""
    names = [one.name for one in web.status().replicas]

    assert [content(web, TOML, name) for name in names] == [FIRST, FIRST]
    assert [content(web, TOKEN, name) for name in names] == [HIDDEN, HIDDEN]
    assert content(web, KEY) == "key"
    assert web.exec("printenv", "PASSWORD").output == "s3same\n"


def test_a_file_is_copied_out(web: App, tmp_path: Path) -> None:
    """As any other one."""
    assert web.copy_out(TOML, tmp_path / "web.toml").read_text() == FIRST


def test_a_changed_config_rolls(driver: Driver, web: App) -> None:
    """A new revision, with no request that fails."""
    before = web.status()

    with driver.load(web.url) as load:
        driver.pause(1)
        web.deploy(config={TOML: "second\n"})
        driver.pause(1 + driver.lag)

    after = web.status()
    assert load.failures == []
    assert load.count > 0
    assert (after.revision, after.ready) == (before.revision + 1, 2)
    assert not {one.id for one in before.replicas} & {one.id for one in after.replicas}
    assert content(web, TOML) == "second\n"
    assert web.exec("cat", KEY).exit_code != 0
    assert content(web, TOKEN) == HIDDEN


def test_a_changed_secret_rolls(web: App) -> None:
    """It is a part of what runs."""
    web.deploy(secrets={TOKEN: Secret("another")})

    assert web.status().revision == 2
    assert content(web, TOKEN) == "another"
    assert content(web, TOML) == FIRST


def test_the_same_again_is_nothing(cloud: Cloud, web: App) -> None:
    """No replica is touched, whoever reads what is wanted."""
    before = web.status()

    web.deploy(config={TOML: FIRST, KEY: "key"}, secrets={"token": HIDDEN})

    assert cloud.backend.plan(before.spec).empty
    assert web.status().generation == before.generation


def test_a_rollback_brings_the_old_content_back(web: App) -> None:
    """Of both sorts."""
    web.deploy(config={TOML: "second\n"}, secrets={"token": "another"})

    web.rollback()

    assert content(web, TOML) == FIRST
    assert content(web, TOKEN) == HIDDEN


def test_what_does_not_start_goes_back_with_its_files(web: App) -> None:
    """The old revision runs with the old ones."""
    with pytest.raises(RolloutError):
        web.deploy(config={TOML: "second\n"}, env={"START_DELAY": "60", "EXIT_AFTER": "0.1", "EXIT_CODE": "3"})

    assert content(web, TOML) == FIRST


def test_another_process_reads_what_is_wanted(driver: Driver, web: App) -> None:
    """All that is kept comes back."""
    spec = driver.second().app("web").status().spec

    assert spec == web.status().spec
    assert spec.config[TOML] == FIRST
    assert spec.secrets[TOKEN].reveal() == HIDDEN


def test_a_secret_stands_in_no_listing(driver: Driver, web: App) -> None:
    """Neither in labels nor in annotations, states, plans, events, lines or texts."""
    spec = web.status().spec
    other = spec.replace(secrets={TOKEN: Secret("swordfish")})
    plan = driver.cloud.backend.plan(other)
    lines = "".join(line.text for line in web.logs())

    shown = "\n".join((driver.visible("web"), lines, str(plan), repr(plan), plan.diff(), repr(web), repr(spec)))

    for value in ("hunter2", "is = secret", "swordfish", "s3same"):
        assert value not in shown
    assert "another value" in plan.diff()


def test_a_plan_shows_what_changes_in_a_file(driver: Driver, web: App) -> None:
    """Its digest, and the lines that differ."""
    spec = web.status().spec

    plan = driver.cloud.backend.plan(spec.replace(config={**spec.config, TOML: FIRST.replace("one", "two")}))
    text = plan.diff()

    assert "sha256:" in text
    assert '-title = "one"' in text
    assert '+title = "two"' in text
    assert "rate = 0.5" not in text


def test_a_read_only_app_gets_its_files(driver: Driver, cloud: Cloud) -> None:
    """Also below a mount, beside what the image has there."""
    web = cloud.deploy(
        "web", driver.image, port=PORT, publish=False, read_only=True, volumes=["tmpfs:/run", "data:/data"],
        config={"/etc/web.toml": FIRST, "/data/conf/a": "below"}, secrets={"token": HIDDEN},
    )  # fmt: skip

    assert content(web, "/etc/web.toml") == FIRST
    assert content(web, "/data/conf/a") == "below"
    assert content(web, TOKEN) == HIDDEN

    web.deploy(config={"/etc/web.toml": "second\n"})

    assert content(web, "/etc/web.toml") == "second\n"
    web.delete()
    eventually(driver, lambda: driver.leftovers("web") == [])


def test_a_user_who_is_not_root_reads_its_files(driver: Driver, cloud: Cloud) -> None:
    """Secret ones, too."""
    web = cloud.deploy(
        "web", driver.image, port=PORT, publish=False, user="65532", config={TOML: FIRST}, secrets={"token": HIDDEN}
    )

    assert content(web, TOML) == FIRST
    assert content(web, TOKEN) == HIDDEN


def test_a_task_has_files_as_an_app_has_them(driver: Driver, cloud: Cloud) -> None:
    """Of both sorts, also below a mount, whose volume keeps what it has; whoever it runs as reads them."""
    show = f"cat {TOML} {TOKEN} /data/conf/a; echo kept > /data/note"

    told = cloud.run(
        driver.image, "sh", "-c", show, volumes="data:/data", config={TOML: FIRST, "/data/conf/a": "below\n"},
        secrets={"token": f"{HIDDEN}\n"},
    )  # fmt: skip
    after = cloud.run(driver.image, "sh", "-c", "cat /data/note /data/conf/a", volumes="data:/data")
    as_another = cloud.run(driver.image, "cat", TOKEN, user="65532", secrets={"token": f"{HIDDEN}\n"})

    assert (told.exit_code, told.output) == (0, f"{FIRST}{HIDDEN}\nbelow\n")
    assert "kept\n" in after.output
    assert "below" not in after.output
    assert (as_another.exit_code, as_another.output) == (0, f"{HIDDEN}\n")


def test_what_a_task_cannot_be_given_is_refused_first(driver: Driver, cloud: Cloud) -> None:
    """As of an app, with the name of the option; nothing has run."""
    with pytest.raises(UsageError, match="config"):
        cloud.run(driver.image, "true", config={"relative": "x"})
    with pytest.raises(UsageError, match="config and secrets"):
        cloud.run(driver.image, "true", config={TOKEN: "x"}, secrets={"token": "x"})


def test_a_stop_and_a_restart_keep_them(web: App) -> None:
    """The same content afterwards."""
    web.stop()
    web.start()
    started = content(web, TOML), content(web, TOKEN)

    web.restart()

    assert started == (FIRST, HIDDEN)
    assert (content(web, TOML), content(web, TOKEN)) == (FIRST, HIDDEN)


def test_a_crash_keeps_them(driver: Driver, web: App) -> None:
    """The replica that comes back in place has them."""
    victim = web.status().replicas[0]

    driver.crash("web", victim)
    eventually(driver, lambda: any(one.restarts == 1 for one in web.status().replicas) and web.status().settled)

    assert [content(web, TOKEN, one.name) for one in web.status().replicas] == [HIDDEN, HIDDEN]


def test_more_replicas_have_them(web: App) -> None:
    """Those that a larger number makes."""
    web.scale(3)

    assert [content(web, TOML, one.name) for one in web.status().replicas] == [FIRST] * 3


def test_a_deleted_app_leaves_nothing(driver: Driver, web: App) -> None:
    """Nor does any of its revisions."""
    web.deploy(config={TOML: "second\n"})

    web.delete()

    eventually(driver, lambda: driver.leftovers("web") == [])


def test_large_files_are_given(driver: Driver, cloud: Cloud) -> None:
    """More than a label or an annotation takes; what no file may have is refused before anything changes."""
    large = "x" * 400_000

    web = cloud.deploy("web", driver.image, port=PORT, publish=False, config={TOML: large}, secrets={"token": large})

    assert content(web, TOML) == large
    assert content(web, TOKEN) == large
    with pytest.raises(UsageError, match="bytes"):
        web.deploy(config={TOML: "x" * 600_000})
    assert web.status().generation == 1


def content(app: App, path: str, replica: str | None = None) -> str:
    """Return a file's content in a replica."""
    result = app.exec("cat", path, replica=replica)
    assert result.exit_code == 0, result.output
    return result.output
