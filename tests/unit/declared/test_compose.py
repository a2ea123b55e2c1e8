"""Compose files: every field is used, or named as not used."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudkit.declared.compose.interpolation import interpolated
from cloudkit.declared.declaration import Declaration
from cloudkit.declared.reading import read_declaration
from cloudkit.errors import CloudkitError, ConfigError
from cloudkit.model.mount import Mount
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe
from cloudkit.model.secret import Secret

FILE = """\
version: "3.9"
name: my_shop
x-shared: &shared
  restart: unless-stopped
  init: true
services:
  web:
    <<: *shared
    image: ${REGISTRY:-registry.example}/web:${TAG:?which}
    build: .
    command: serve --port 80 'two words'
    entrypoint: ["/entry"]
    environment:
      MODE: prod
      COUNT: 3
      FLAG: true
      HOME:
      COST: $$5
    env_file: web.env
    ports:
      - "8080:80"
      - "127.0.0.1:9000:9000"
      - 53:53/udp
      - target: 5432
        published: "5432"
        host_ip: 127.0.0.1
        app_protocol: http
        mode: host
    expose: ["81"]
    volumes:
      - data:/data
      - ./www:/www:ro
      - type: tmpfs
        target: /cache
        tmpfs: {size: 1000}
      - /anonymous
    tmpfs: /tmp
    networks:
      back:
        aliases: [shop]
      default:
    depends_on: [db]
    container_name: web
    labels: ["a=1", "b.c/d=2"]
    user: "1000:1000"
    working_dir: /srv
    read_only: true
    cap_drop: [ALL, CAP_NET_RAW]
    stop_grace_period: 1m30s
    stop_signal: SIGINT
    healthcheck:
      test: curl -f http://localhost
      interval: 5s
      timeout: 2s
      retries: 4
      start_period: 10s
    deploy:
      replicas: 3
      resources:
        limits: {cpus: "0.5", memory: 512M, pids: 100}
        reservations: {cpus: "0.25", memory: 64m}
      update_config: {parallelism: 2, order: stop-first, failure_action: rollback}
      placement:
        constraints: [node.labels.disk==ssd]
        max_replicas_per_node: 1
    configs:
      - source: conf
        target: /etc/web.conf
        mode: 0o440
    secrets: [token]
    logging: {driver: json-file}
  db:
    image: db:1
    mem_limit: 1g
    cpus: 1.5
    scale: 2
    secrets:
      - source: password
        target: /etc/password
  cleanup:
    image: db:1
    deploy: {mode: replicated-job, replicas: 4}
  agent:
    image: agent:1
    deploy: {mode: global}
volumes:
  data:
    name: shop-data
    driver: local
networks:
  back:
configs:
  conf: {content: "mode = ${MODE:-dev}\\n"}
secrets:
  token: {file: token.txt}
  password: {environment: DB_PASSWORD}
"""
ENVIRON = {"TAG": "7", "HOME": "/root", "DB_PASSWORD": "hunter2"}
NOT_USED = {
    "services.web.restart: unless-stopped is always here",
    "services.web.ports[2]: a port of udp",
    "services.web.ports[3].mode",
    "services.web.volumes[2].tmpfs.size",
    "services.web.volumes[3]: a mount of type volume without a name",
    "services.web.configs.mode",
    "services.web.build",
    "services.web.networks.back.aliases",
    "services.web.depends_on",
    "services.web.container_name",
    "services.web.deploy.update_config.failure_action",
    "services.web.deploy.placement.max_replicas_per_node",
    "services.web.logging.driver",
    "volumes.data.driver",
}


@pytest.fixture
def declared(tmp_path: Path) -> Declaration:
    """What the file declares."""
    (tmp_path / "web.env").write_text("# of the web\nLEVEL=debug\nMODE=dev\nQUOTED='a b'\n")
    (tmp_path / "token.txt").write_text("hunter3")
    (tmp_path / "compose.yaml").write_text(FILE)
    return read_declaration(tmp_path / "compose.yaml", ENVIRON)


def test_every_field_is_used_or_named(declared: Declaration) -> None:
    """Nothing is dropped in silence."""
    assert set(declared.notes) == NOT_USED


def test_a_service_is_an_app(declared: Declaration, tmp_path: Path) -> None:
    """With all that compose says of it."""
    web = declared.specs["web"]

    assert declared.name == "my-shop"
    assert str(web.image) == "registry.example/web:7"
    assert (web.command, web.entrypoint) == (("serve", "--port", "80", "two words"), ("/entry",))
    assert dict(web.env) == {
        "LEVEL": "debug", "MODE": "prod", "QUOTED": "a b", "COUNT": "3", "FLAG": "true", "HOME": "/root", "COST": "$5"
    }  # fmt: skip  # as it is read
    assert web.ports == (
        Port(number=80, publish=8080, host="0.0.0.0", protocol="tcp"),
        Port(number=9000, publish=9000, protocol="tcp"),
        Port(number=5432, publish=5432, protocol="http"),
        Port(number=81, protocol="tcp"),
    )
    assert web.mounts == (
        Mount(target="/data", source="shop-data"),
        Mount(target="/www", source=str(tmp_path / "www"), kind="bind", read_only=True),
        Mount(target="/cache", kind="tmpfs"),
        Mount(target="/tmp", kind="tmpfs"),
    )
    assert (web.networks, dict(web.labels), web.user, web.workdir) == (
        ("back", "default"), {"a": "1", "b.c/d": "2"}, "1000:1000", "/srv"
    )  # fmt: skip  # what surrounds it
    assert (web.read_only, web.drop, web.init, web.restart) == (True, ("ALL", "NET_RAW"), True, "always")
    assert (web.stop_grace, web.stop_signal, web.replicas) == (90.0, "SIGINT", 3)
    assert web.readiness == ExecProbe(
        command=("/bin/sh", "-c", "curl -f http://localhost"),
        period=5.0, timeout=2.0, failure_threshold=4, initial_delay=10.0,
    )  # fmt: skip  # the check
    assert (web.resources.cpu, web.resources.memory, web.resources.pids) == ("0.5", "512Mi", 100)
    assert (web.resources.cpu_request, web.resources.memory_request) == ("0.25", "64Mi")
    assert (web.rollout.max_surge, web.rollout.max_unavailable) == (0, 2)
    assert dict(web.placement.nodes) == {"disk": "ssd"}
    assert dict(web.config) == {"/etc/web.conf": "mode = dev\n"}
    assert dict(web.secrets) == {"/run/secrets/token": Secret("hunter3")}


def test_kinds_and_older_words_are_known(declared: Declaration) -> None:
    """A job, a daemon, and what stood outside of deploy."""
    specs = declared.specs

    assert (specs["db"].resources.memory, specs["db"].resources.cpu, specs["db"].replicas) == ("1Gi", "1.5", 2)
    assert dict(specs["db"].secrets) == {"/etc/password": Secret("hunter2")}
    assert (specs["cleanup"].kind, specs["cleanup"].job.completions) == ("job", 4)
    assert specs["agent"].kind == "daemon"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("$A${A}", "11"),
        ("${E:-d}${E-d}", "d"),
        ("${X:-${A:-q}}", "1"),
        ("${X:-a}b}", "ab}"),
        ("${X:+y}${A:+y}${E+e}", "ye"),
        ("$$A and $${A}", "$A and ${A}"),
        ("$X", ""),
    ],
)
def test_variables_are_put_in_as_compose_does(text: str, meant: str) -> None:
    """Defaults, alternatives, and a dollar sign itself."""
    assert interpolated(text, {"A": "1", "E": ""}) == meant


@pytest.mark.parametrize("text", ["a$", "${A", "${A b}", "${X?no}", "${E:?no}", "${1}", "${X:-" * 50 + "}" * 50])
def test_a_variable_that_is_wrong_or_missing_says_where(text: str) -> None:
    """With the place in the file."""
    with pytest.raises(ConfigError, match=r"services\.web"):
        interpolated({"services": {"web": text}}, {"A": "1", "E": ""})


@pytest.mark.parametrize(
    ("service", "match"),
    [
        ("{build: .}", "no image"),
        ("{image: a, ports: ['8000-8010:80']}", "ranges"),
        ("{image: a, ports: 80}", "no list"),
        ("{image: a, restart: sometimes}", "restart"),
        ("{image: a, configs: [none]}", "not there"),
        ("{image: a, environment: {A: ${MISSING:?say it}}}", "say it"),
        ("7", "no mapping"),
    ],
)
def test_what_is_wrong_says_where(tmp_path: Path, service: str, match: str) -> None:
    """By the service."""
    (tmp_path / "compose.yaml").write_text(f"services:\n  web: {service}\n")

    with pytest.raises(CloudkitError, match=match) as caught:
        read_declaration(tmp_path / "compose.yaml", {})

    assert "web" in str(caught.value)
