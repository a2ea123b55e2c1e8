"""A certificate authority for the cluster, certificates of its parts, and kubeconfigs that connect by them."""

from __future__ import annotations

import json
import os
import subprocess
from base64 import b64encode
from pathlib import Path

from testbed.cluster.layout import Layout

__all__ = ["make_certificates"]

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
SERVER_NAMES = "DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc"


def make_certificates(layout: Layout) -> None:
    """Make the authority, the key that service accounts' tokens are signed by, and a certificate for each part."""
    folder = layout.folder
    openssl("req", "-x509", *KEY, "-keyout", "ca.key", "-out", "ca.crt", "-days", "365", "-subj", "/CN=ca", at=folder)
    openssl("genrsa", "-out", "sa.key", "2048", at=folder)
    openssl("rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub", at=folder)
    addresses = f"IP:127.0.0.1,IP:{layout.address(1)},IP:{layout.service(1)}"
    issue(folder, "apiserver", "/CN=kube-apiserver", f"{SERVER_NAMES},{addresses}")
    issue(folder, "admin", "/O=system:masters/CN=admin")
    issue(folder, "aggregator", "/CN=aggregator")
    issue(folder, "metrics-server", "/CN=metrics-server", "DNS:metrics-server.kube-system.svc")
    for node in layout.nodes:
        names = f"DNS:node{node},IP:{layout.address(node)}"
        issue(folder, f"node{node}", f"/O=system:nodes/CN=system:node:node{node}", names)
        write_kubeconfig(layout, f"node{node}")
    write_kubeconfig(layout, "admin")
    give_to_user(layout.kubeconfig)


def issue(folder: Path, name: str, subject: str, names: str = "DNS:unused") -> None:
    """Issue a certificate that is good for clients and for servers of some names."""
    openssl("req", *KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject, at=folder)
    authority = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "365")
    extension = f"subjectAltName={names}\n"
    files = ("-in", f"{name}.csr", "-out", f"{name}.crt", "-extfile", "/dev/stdin")
    openssl("x509", "-req", *authority, *files, at=folder, text=extension)


def write_kubeconfig(layout: Layout, name: str) -> None:
    """Write a kubeconfig that holds all it needs, so that the file can be copied."""
    folder = layout.folder
    cluster = {"server": layout.server, "certificate-authority-data": encoded(folder / "ca.crt")}
    user = {
        "client-certificate-data": encoded(folder / f"{name}.crt"),
        "client-key-data": encoded(folder / f"{name}.key"),
    }
    context = f"testbed-{layout.slot}"  # so that kubeconfigs of two clusters merge
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "clusters": [{"name": context, "cluster": cluster}],
        "users": [{"name": f"{context}-{name}", "user": user}],
        "contexts": [{"name": context, "context": {"cluster": context, "user": f"{context}-{name}"}}],
    }
    path = folder / f"{name}.kubeconfig"
    path.touch(0o600)
    path.write_text(json.dumps(document, indent=1))


def encoded(path: Path) -> str:
    return b64encode(path.read_bytes()).decode()


def give_to_user(path: Path) -> None:
    """Let the user who asked through sudo read a file."""
    os.chown(path, int(os.environ.get("SUDO_UID", "0")), int(os.environ.get("SUDO_GID", "0")))


def openssl(*arguments: str, at: Path, text: str = "") -> None:
    done = subprocess.run(["openssl", *arguments], cwd=at, input=text, text=True, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"openssl {' '.join(arguments)}: {done.stderr.strip()}")
