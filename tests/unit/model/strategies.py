"""Hypothesis strategies for the values of the model: everything they make is valid."""

from __future__ import annotations

import string

from hypothesis import strategies as st

from cloudkit.model.app import AppSpec
from cloudkit.model.autoscale import Autoscale
from cloudkit.model.mount import Mount
from cloudkit.model.names import CAPABILITIES
from cloudkit.model.placement import Affinity, Placement, Spread, Toleration
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe, HttpProbe, Probe, TcpProbe
from cloudkit.model.reference import Digest, Reference
from cloudkit.model.resources import Resources
from cloudkit.model.rollout import Rollout
from cloudkit.model.secret import Secret

__all__ = [
    "app_specs",
    "digests",
    "env",
    "labels",
    "mounts",
    "names",
    "placements",
    "ports",
    "probes",
    "references",
    "resources",
]

_HEX = "0123456789abcdef"
_LOWER = string.ascii_lowercase + string.digits
_WORD = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
_PORT = st.integers(1, 65_535)

names = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
digests = st.builds(Digest, st.just("sha256"), st.text(_HEX, min_size=64, max_size=64)) | st.builds(
    Digest, st.just("sha512"), st.text(_HEX, min_size=128, max_size=128)
)
_components = st.from_regex(r"[a-z0-9]{1,4}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}", fullmatch=True)
_domains = st.sampled_from(
    [
        "docker.io",
        "localhost",
        "localhost:5000",
        "registry.example",
        "Upper",
        "10.0.0.1:443",
        "[::1]",
        "[2001:db8::1]:5000",
    ]
)
_tags = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,12}", fullmatch=True)


@st.composite
def references(draw: st.DrawFn) -> Reference:
    """Draw a reference with a tag, a digest, or both."""
    domain = draw(_domains)
    components = draw(st.lists(_components, min_size=1, max_size=4))
    path = "/".join(components)
    if domain == "docker.io" and len(components) == 1:
        path = f"library/{path}"
    tag, digest = draw(st.none() | _tags), draw(st.none() | digests)
    return Reference(domain=domain, path=path, tag=tag if tag or digest else "latest", digest=digest)


env = st.dictionaries(
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,10}", fullmatch=True), _WORD | st.builds(Secret, _WORD), max_size=4
)
_label_parts = st.from_regex(r"[A-Za-z0-9]([-_.][A-Za-z0-9]){0,4}", fullmatch=True)
labels = st.dictionaries(
    _label_parts | _label_parts.map("example.org/{}".format), st.just("") | _label_parts, max_size=3
)
ports = st.builds(
    Port,
    number=_PORT,
    publish=st.none() | st.integers(0, 65_535),
    host=st.sampled_from(["127.0.0.1", "0.0.0.0", "::", "192.0.2.7"]),
    protocol=st.sampled_from(["http", "tcp"]),
)
mounts = (
    st.builds(
        Mount,
        target=_WORD.map(lambda word: f"/data/{word.encode().hex()}x"),
        source=names,
        read_only=st.booleans(),
        size=st.none() | st.sampled_from(["10Gi", "1e9"]),
        storage_class=st.sampled_from(["", "fast"]),
        shared=st.booleans(),
    )
    | st.builds(Mount, target=names.map("/srv/{}".format), source=names.map("/host/{}".format), kind=st.just("bind"))
    | st.builds(Mount, target=names.map("/tmp/{}".format), kind=st.just("tmpfs"))
)
resources = st.builds(
    Resources,
    cpu=st.none() | st.sampled_from(["500m", "2", "0.5", "1e1", ".25"]),
    memory=st.none() | st.sampled_from(["256Mi", "1G", "1e9", "1Ei", "8388608"]),
    cpu_request=st.none() | st.sampled_from(["10m", "0.1"]),
    memory_request=st.none() | st.sampled_from(["1Ki", "4M"]),
    pids=st.none() | st.integers(1, 4_194_304),
)
rollouts = st.builds(
    Rollout,
    max_surge=st.integers(1, 5),
    max_unavailable=st.integers(0, 5),
    deadline=st.floats(1, 86_400),
    drain=st.integers(0, 3600).map(float),
)
_keys = _label_parts | _label_parts.map("example.org/{}".format)
_per = st.sampled_from(["node", "zone", "example.org/rack"])
_affinities = st.lists(st.builds(Affinity, app=names, per=_per, required=st.booleans()), max_size=2, unique=True).map(
    tuple
)
placements = st.builds(
    Placement,
    nodes=st.dictionaries(_keys, st.just("") | _label_parts, max_size=2),
    near=_affinities,
    apart=_affinities,
    spread=st.lists(
        st.builds(Spread, per=_per, skew=st.integers(1, 5), required=st.booleans()),
        max_size=2,
        unique_by=lambda one: one.per,
    ).map(tuple),
    tolerations=st.lists(
        st.builds(
            Toleration,
            key=_keys,
            value=st.none() | _label_parts,
            effect=st.sampled_from(["", "NoSchedule", "PreferNoSchedule", "NoExecute"]),
        )
        | st.builds(Toleration, effect=st.just("NoExecute"), seconds=st.integers(0, 600).map(float)),
        max_size=2,
        unique=True,
    ).map(tuple),
    devices=st.dictionaries(
        _keys.map("example.com/{}".format).filter(lambda key: key.count("/") == 1), st.integers(1, 8), max_size=1
    ),
)
autoscales = st.builds(
    lambda low, more, memory: Autoscale(min=low, max=low + more, memory=memory),
    st.integers(1, 5),
    st.integers(0, 5),
    st.sampled_from(["200Mi", "1G"]),
)
_hosts = st.lists(names.map("{}.example.com".format), max_size=2, unique=True).map(tuple)
_words = st.lists(_WORD, min_size=1, max_size=3).map(lambda words: ("run", *words))


def probes(*, port: st.SearchStrategy[int | None], once: bool) -> st.SearchStrategy[Probe]:
    """Draw a probe.

    Args:
        port: Its port, where it has one.
        once: True when one success decides, as for startup and liveness.
    """
    timing = {
        "initial_delay": st.floats(0, 3600),
        "period": st.floats(0.1, 3600),
        "timeout": st.sampled_from([0.5, 1.0, 2.0]),
        "success_threshold": st.just(1) if once else st.integers(1, 5),
        "failure_threshold": st.integers(1, 50),
    }
    paths = st.from_regex(r"/[a-z0-9/?=&%._-]{0,12}", fullmatch=True)
    return (
        st.builds(HttpProbe, path=paths, port=port, **timing)
        | st.builds(TcpProbe, port=port, **timing)
        | st.builds(ExecProbe, command=_words, **timing)
    )


@st.composite
def app_specs(draw: st.DrawFn) -> AppSpec:
    """Draw an app's spec in which any field may have any of its values."""
    chosen = tuple(
        draw(st.lists(ports, max_size=3, unique_by=(lambda one: one.number, lambda one: (one.host, one.publish))))
    )
    probe_port = st.none() | _PORT if chosen else _PORT
    always, once = probes(port=probe_port, once=False), probes(port=probe_port, once=True)
    return AppSpec(
        name=draw(names),
        image=draw(references()),
        command=draw(st.none() | _words),
        entrypoint=draw(st.none() | _words | st.just(())),
        env=draw(env),
        ports=chosen,
        replicas=draw(st.integers(0, 10_000)),
        resources=draw(resources),
        startup=draw(st.none() | once),
        readiness=draw(st.none() | always),
        liveness=draw(st.none() | once),
        rollout=draw(rollouts),
        stop_grace=draw(st.floats(0, 3600)),
        stop_signal=draw(st.sampled_from([None, "SIGINT", "SIGRTMIN+3"])),
        restart=draw(st.sampled_from(["always", "on-failure", "never"])),
        mounts=tuple(draw(st.lists(mounts, max_size=2, unique_by=lambda one: one.target))),
        networks=tuple(draw(st.lists(names, max_size=2, unique=True))),
        labels=draw(labels),
        user=draw(st.sampled_from([None, "node", "0", "1000:1000"])),
        workdir=draw(st.sampled_from([None, "/", "/srv/app"])),
        read_only=draw(st.booleans()),
        drop=tuple(draw(st.lists(st.sampled_from(["ALL", *sorted(CAPABILITIES)]), max_size=2, unique=True))),
        init=draw(st.booleans()),
        config=draw(st.dictionaries(names.map("/etc/cloudkit/{}".format), _WORD, max_size=2)),
        secrets=draw(st.dictionaries(names.map("/run/secrets/{}".format), st.builds(Secret, _WORD), max_size=2)),
        placement=draw(st.just(Placement()) | placements),
        autoscale=draw(st.none() | autoscales),
        hosts=draw(_hosts) if any(port.protocol == "http" for port in chosen) else (),
        stopped=draw(st.booleans()),
        restarted=draw(st.sampled_from(["", "2026-01-31T14:05:00+00:00"])),
    )
