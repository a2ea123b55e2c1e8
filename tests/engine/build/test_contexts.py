"""A docker context with certificates leads connection and build alike, and a wrong certificate is told as one."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cloudkit.config import Config
from cloudkit.engine.builder import build
from cloudkit.engine.connect import Engine, connect
from cloudkit.errors import BackendError
from cloudkit.model.build import BuildSpec
from cloudkit.model.progress import silent

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]

Folder = Callable[..., Path]


class Authority:
    """Signs certificates, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
        folder.mkdir(parents=True)
        self.file = folder / "ca.pem"
        self.file.write_bytes(self._signed(self._name, self._key, authority=True))

    def issue(self, folder: Path) -> None:
        """Write ca, cert and key for 127.0.0.1 as docker names them."""
        folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        (folder / "ca.pem").write_bytes(self.file.read_bytes())
        (folder / "cert.pem").write_bytes(self._signed(name, key, authority=False))
        kind = serialization.PrivateFormat.PKCS8
        secret = key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())
        (folder / "key.pem").write_bytes(secret)

    def _signed(self, name: x509.Name, key: ec.EllipticCurvePrivateKey, *, authority: bool) -> bytes:
        now = dt.datetime.now(dt.UTC)
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(minutes=5))
            .not_valid_after(now + dt.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(address, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def encrypted(connected: Engine, tmp_path: Path) -> Iterator[tuple[str, Authority]]:
    """The engine under test behind TLS that asks for a client's certificate, as ``dockerd --tlsverify`` does."""
    authority = Authority(tmp_path / "authority")
    authority.issue(tmp_path / "server")
    settings = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.file))
    settings.verify_mode = ssl.CERT_REQUIRED
    settings.load_cert_chain(tmp_path / "server" / "cert.pem", tmp_path / "server" / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, settings, connected.endpoint), daemon=True).start()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}", authority
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, settings: ssl.SSLContext, engine: str) -> None:
    with suppress(OSError):
        while True:
            raw, _ = listener.accept()
            threading.Thread(target=_relay, args=(raw, settings, urlsplit(engine).path), daemon=True).start()


def _relay(raw: socket.socket, settings: ssl.SSLContext, engine: str) -> None:
    """Pass bytes both ways until either side ends."""
    with (
        suppress(OSError),
        raw,
        settings.wrap_socket(raw, server_side=True) as near,
        socket.socket(socket.AF_UNIX) as far,
    ):
        far.connect(engine)
        near.settimeout(0.01)
        back = threading.Thread(target=_back, args=(far, near), daemon=True)
        back.start()
        while back.is_alive():
            with suppress(TimeoutError):
                data = near.recv(65536)
                if not data:
                    return
                far.sendall(data)


def _back(far: socket.socket, near: ssl.SSLSocket) -> None:
    with suppress(OSError):
        while data := far.recv(65536):
            near.sendall(data)


def docker_context(folder: Path, name: str, host: str, authority: Authority) -> None:
    """Write a context as ``docker context create`` does."""
    identity = hashlib.sha256(name.encode()).hexdigest()
    meta = folder / "contexts" / "meta" / identity / "meta.json"
    meta.parent.mkdir(parents=True)
    endpoint = {"Host": host, "SkipTLSVerify": False}
    meta.write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}))
    authority.issue(folder / "contexts" / "tls" / identity / "docker")


def resolved(tmp_path: Path, folder: Path, **more: str) -> Config:
    """Resolve with docker's configuration in a folder of the test's own."""
    environ = {"HOME": str(tmp_path), "DOCKER_CONFIG": str(folder)} | more
    return Config.resolve(folder=tmp_path, environ=environ)


def test_a_context_with_certificates_leads_connection_and_build(
    encrypted: tuple[str, Authority], folder: Folder, tmp_path: Path, connected: Engine
) -> None:
    """The docker command is pointed at the same engine by the same context."""
    host, authority = encrypted
    settings = tmp_path / "docker"
    docker_context(settings, "far", host, authority)
    plugins = connected.config.docker_config / "cli-plugins"
    if plugins.is_dir():
        (settings / "cli-plugins").symlink_to(plugins)
    context = folder(Dockerfile="FROM scratch\nCOPY Dockerfile /\n")

    with closing(connect(resolved(tmp_path, settings, DOCKER_CONTEXT="far"))) as far:
        image = build(far, BuildSpec(context=context), listener=silent)

    assert far.version == connected.version
    assert connected.client.images.get(str(image.digest)).id
    connected.client.images.remove(str(image.digest), force=True)


def test_a_certificate_of_somebody_else_is_not_trusted(encrypted: tuple[str, Authority], tmp_path: Path) -> None:
    """The error says so, and where certificates are looked for."""
    host, _ = encrypted
    docker_context(tmp_path / "docker", "far", host, Authority(tmp_path / "other"))

    with pytest.raises(BackendError) as error:
        connect(resolved(tmp_path, tmp_path / "docker", DOCKER_CONTEXT="far"))

    assert "its certificate is not trusted" in error.value.evidence[0]
    assert "(context far)" in error.value.summary
    assert len(str(error.value).splitlines()) == 3


def test_speaking_plainly_to_an_encrypted_engine_is_told(encrypted: tuple[str, Authority], tmp_path: Path) -> None:
    """In three lines, whatever the other side made of it."""
    with pytest.raises(BackendError) as error:
        connect(resolved(tmp_path, tmp_path / "docker", DOCKER_HOST=encrypted[0]))

    assert len(str(error.value).splitlines()) == 3
