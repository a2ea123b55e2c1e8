"""A one-off task: a command in a container of its own, which is gone when it has ended."""

from cloudkit import Cloud, Progress, Secret

IMAGE = "node:22-bookworm-slim"
SCRIPT = """
const lines = require("fs").readFileSync(0, "utf8").trim().split("\\n");
console.log(`${lines.length} lines, the longest has ${Math.max(...lines.map((line) => line.length))} characters`);
console.error(process.env.TOKEN ? "a token came along" : "no token");
"""


def show(event: Progress) -> None:
    """Print what the task prints, while it runs."""
    if event.log:
        print(f"  | {event.log}")


with Cloud(listener=show) as cloud:
    result = cloud.run(
        IMAGE,
        "node",
        "--eval",
        SCRIPT,
        stdin=b"one\nthree\nfifteen\n",
        env={"TOKEN": Secret("not-for-every-eye")},
        memory="256Mi",
        timeout=60,
    )
    print(f"exit code {result.exit_code}")

raise SystemExit(result.exit_code)
