"""The Slack bot, built and deployed by cloudkit itself: two replicas, tokens as secrets, the policy as config.

Where it runs is said as for any program of cloudkit, such as CLOUDKIT_BACKEND=kubernetes. The replicas operate the apps
of the same place: on an engine through its socket, on a cluster by the kubeconfig that KUBECONFIG names.
"""

import os
from pathlib import Path

from cloudkit import Cloud, Secret
from cloudkit.model.options import AppOptions

HERE = Path(__file__).parent
IMAGE = "cloudkit-bot:1"
SECRETS = {"bot-token": "SLACK_BOT_TOKEN", "app-token": "SLACK_APP_TOKEN", "signing-secret": "SLACK_SIGNING_SECRET"}
SOCKET = "/var/run/docker.sock"


def tokens() -> dict[str, Secret | Path]:
    """The tokens that are there, as files that the bot alone reads."""
    return {name: Secret(os.environ[variable]) for name, variable in SECRETS.items() if os.environ.get(variable)}


def variables(cloud: Cloud, held: dict[str, Secret | Path]) -> dict[str, str]:
    """What the bot is told: where each file is, and what it operates."""
    files = {f"{variable}_FILE": f"/run/secrets/{name}" for name, variable in SECRETS.items() if name in held}
    given = {name: value for name, value in os.environ.items() if name.startswith("CLOUDKIT_BOT_")}
    place = {"CLOUDKIT_BOT_BACKEND": cloud.backend.name, "CLOUDKIT_BOT_NAMESPACE": cloud.backend.namespace}
    return {**place, "CLOUDKIT_BOT_POLICY": "/etc/bot/policy.cedar", **files, **given}


def on_an_engine() -> AppOptions:
    """The engine's socket, and one folder for both replicas: each delivery is acted on by one of them."""
    socket = Path(os.environ.get("DOCKER_HOST", f"unix://{SOCKET}").removeprefix("unix://"))
    volumes = ["tmpfs:/tmp", "cloudkit-bot:/var/lib/bot", f"{socket}:{SOCKET}"]
    return {"volumes": volumes, "user": f"65532:{socket.stat().st_gid}"}


def on_a_cluster() -> AppOptions:
    """Scratch space alone: what both replicas share is in Postgres, which CLOUDKIT_BOT_STORE names."""
    return {"volumes": ["tmpfs:/tmp", "tmpfs:/var/lib/bot"], "user": "65532:65532"}


with Cloud() as cloud:
    held = tokens()
    clustered = cloud.backend.name == "kubernetes"
    told = variables(cloud, held)
    if clustered:
        held["kubeconfig"] = Path(os.environ["KUBECONFIG"])
        told["KUBECONFIG"] = "/run/secrets/kubeconfig"
    app = cloud.build(HERE, tag=IMAGE).deploy(
        "bot",
        port=3000,
        publish=os.environ.get("BOT_PORT", "false"),
        replicas=2,
        env=told,
        secrets=held,
        config={"/etc/bot/policy.cedar": Path(os.environ.get("BOT_POLICY", HERE / "policy.cedar"))},
        readiness="/healthz every 2s",
        liveness="tcp:3000 every 10s",
        stop_grace="40s",
        read_only=True,
        drop="ALL",
        memory="512Mi",
        **(on_a_cluster() if clustered else on_an_engine()),
    )
    print(f"{app.name}: {app.status().ready} of 2 replicas are ready")
