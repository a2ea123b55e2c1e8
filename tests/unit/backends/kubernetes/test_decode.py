"""From bytes to fields, by several threads at once."""

from __future__ import annotations

import subprocess
import sys

AT_ONCE = """
import sys, threading
from cloudkit.backends.kubernetes.decode import listed
from cloudkit.backends.kubernetes.objects import Pod
from cloudkit.backends.kubernetes.workloads.objects import Running

owner = '{"kind": "Job", "name": "a", "uid": "1", "controller": true}'
body = f'{{"items": [{{"metadata": {{"name": "x", "uid": "2", "ownerReferences": [{owner}]}}}}]}}'.encode()
begin, names = threading.Barrier(8), []


def read(kind):
    begin.wait()
    names.append(listed(body, kind).items[0].metadata.name)


sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=read, args=(kind,)) for kind in (Pod, Running) * 4]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(*names)
"""


def test_the_first_lists_that_a_process_reads_may_be_read_at_once() -> None:
    """Fields' types are learned by one thread at a time: msgspec ends the interpreter where two do."""
    done = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout.split()) == (0, ["x"] * 8), done.stderr
