"""cloudkit in automation: a plan before a change, errors by type, and exit codes that say what went wrong.

Deploys a version that works, then one that does not: the second is taken back by itself, and the first goes on serving.
"""

import sys

import httpx

from cloudkit import App, Cloud, CloudkitError, RolloutError

IMAGE = "node:22-bookworm-slim"
GOOD = "require('http').createServer((_, response) => response.end('version 1')).listen(3000)"
BAD = "throw new Error('no database')"


def release(cloud: Cloud, program: str) -> App:
    """Bring the app to a program, whether or not it is there already; say first what will happen, then do that."""
    options = {"command": ["node", "--eval", program], "port": 3000, "publish": 0, "replicas": 2}
    with cloud.planning() as plans:
        cloud.deploy("release", IMAGE, **options)
    print(plans)
    plans.apply()
    return cloud.app("release")


def main() -> int:
    """Release both versions; return 0, or the exit code of the error that nobody expected."""
    with Cloud() as cloud:
        app = release(cloud, GOOD)
        try:
            release(cloud, BAD)
        except RolloutError as error:
            print(f"not released, {error.cause.code}: {error.cause.summary}")
        print(f"serving {httpx.get(app.url).text} at revision {app.status().revision}")
        app.delete()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CloudkitError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
