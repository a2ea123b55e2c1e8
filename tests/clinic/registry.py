"""A registry that answers as badly as a test wants, on the loopback of a node, where runtimes speak plain HTTP."""

from __future__ import annotations

import textwrap
from typing import Any

__all__ = ["PORT", "registry_pod"]

PORT = 15997
PROGRAM = textwrap.dedent(
    """
    import hashlib, http.server, json, re

    FOREIGN = json.dumps({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": "sha256:" + "0" * 64,
            "size": 2,
            "platform": {"os": "linux", "architecture": "s390x"},
        }],
    }).encode()

    class Answering(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            told = re.search("/v2/status-([0-9]+)/", self.path)
            if told:
                body, status = b'{"errors":[{"code":"UNKNOWN","message":"as asked"}]}', int(told[1])
            elif self.path.startswith("/v2/foreign/"):
                body, status = FOREIGN, 200
            else:
                body, status = b"{}", 200
            self.send_response(status)
            if status == 200:
                self.send_header("Content-Type", "application/vnd.oci.image.index.v1+json")
                self.send_header("Docker-Content-Digest", "sha256:" + hashlib.sha256(body).hexdigest())
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

    http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Answering).serve_forever()
    """
)


def registry_pod(image: str, node: str) -> dict[str, Any]:
    """Return the pod of such a registry on a node, whose repositories say how they answer."""
    program = PROGRAM.replace("PORT", str(PORT))
    reached = f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:{PORT}/v2/', timeout=2)"
    container = {
        "name": "registry",
        "image": image,
        "command": ["python", "-c", program],
        "readinessProbe": {"exec": {"command": ["python", "-c", reached]}, "periodSeconds": 1, "timeoutSeconds": 5},
    }
    spec = {
        "hostNetwork": True,
        "nodeName": node,
        "containers": [container],
        "terminationGracePeriodSeconds": 0,
    }
    return {"metadata": {"name": "registry"}, "spec": spec}
