"""What it costs to know the state of 2,000 pods, against other clients of the same server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.pods import APPS, REPLICAS, SPACE, serving
from bench.table import Table

pytestmark = pytest.mark.bench
OURS = "cloudkit"
READERS = {
    OURS: f"""\
from cloudkit import Cloud
backend = Cloud("kubernetes", namespace="{SPACE}").backend
read = lambda: sum(replica.ready for app in backend.apps() for replica in app.replicas)
""",
    "kubernetes": f"""\
from kubernetes import client, config
config.load_kube_config()
core = client.CoreV1Api()
read = lambda: len(core.list_namespaced_pod("{SPACE}").items)
""",
    "lightkube==1.0.1": f"""\
from lightkube import Client
from lightkube.resources.core_v1 import Pod
client = Client()
read = lambda: len(list(client.list(Pod, namespace="{SPACE}")))
""",
    "kr8s==0.20.15": f"""\
import kr8s
api = kr8s.api()
read = lambda: len(list(api.get("pods", namespace="{SPACE}")))
""",
}
MEASURE = f"""
import json, re, statistics, time
from pathlib import Path
def once():
    began = time.process_time()
    assert read() == {APPS * REPLICAS}
    return time.process_time() - began
def timed():
    began = time.perf_counter()
    return once(), time.perf_counter() - began
first = once()
again, waited = timed()
later = [timed() for _ in range(5)]
warm, warm_waited = (statistics.median(part) for part in zip(*later))
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
found = dict(first=first, again=again, waited=waited, warm=warm, warm_waited=warm_waited, peak=peak)
print(json.dumps(found))
"""  # ru_maxrss would count the process that this one was started from
KUBECONFIG = f"""\
apiVersion: v1
kind: Config
current-context: here
contexts: [{{name: here, context: {{cluster: here, user: me, namespace: {SPACE}}}}}]
clusters: [{{name: here, cluster: {{server: "%s"}}}}]
users: [{{name: me, user: {{}}}}]
"""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Seconds of processor time for the first reading, for the second, and for one that may come from memory.

    Two are measured by the clock on the wall, too; and the most memory, in MiB.
    """

    first: float
    again: float
    waited: float
    warm: float
    warm_waited: float
    peak: float


def test_two_thousand_pods_against_other_clients(table: Table, tmp_path: Path) -> None:
    """Ours also lists what owns the pods, and Services, and makes states; the others list pods alone."""
    starts = {name: start for name in READERS if (start := python_with(name))}
    with serving() as server:
        (tmp_path / "config").write_text(KUBECONFIG % server)
        environment = {**os.environ, "KUBECONFIG": str(tmp_path / "config"), "CLOUDKIT_CONFIG": ""}
        costs = {name: cost(name, start, environment) for name, start in starts.items()}

    own = costs[OURS]
    session = {"know 2,000 pods in a session, processor": (own.warm, own.again)}
    session["  until the answer"] = (own.warm_waited, own.waited)
    for what, (warm, asked) in session.items():
        table.add(what, ours=warm, peer=asked, peer_name="cloudkit, asking the server", unit="s")
    whats = {"first": "know 2,000 pods, processor", "again": "  once more", "peak": "  peak memory"}
    for part, what in whats.items():
        found = {name: getattr(one, part) for name, one in costs.items()}
        ours = found.pop(OURS)
        for name, peer in found.items():
            table.add(what, ours=ours, peer=peer, peer_name=name, unit="MiB" if part == "peak" else "s")


def cost(name: str, start: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """Return what a client costs in a process of its own."""
    command = [*start, "-c", READERS[name] + MEASURE]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Cost(**json.loads(done.stdout))


def python_with(name: str) -> Sequence[str]:
    """Return how Python is started that has a client: ours, or one that uv provides; nothing where it cannot."""
    if "==" not in name:
        return [sys.executable]
    if shutil.which("uv") is None:
        return ()
    command = ["uv", "run", "--no-project", "--quiet", "--python", sys.executable, "--with", name, "python"]
    tried = subprocess.run([*command, "-c", ""], check=False, capture_output=True)
    return command if tried.returncode == 0 else ()
