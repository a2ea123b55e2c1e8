"""The program under test, as the twin runs it; ``program/server.js`` is the same for real engines."""

from __future__ import annotations

from collections.abc import Mapping

from contract.drivers.driver import PORT

from cloudkit.testing import Program, Request, Response

__all__ = ["behave"]


def behave(env: Mapping[str, str]) -> Program:
    """Return what the program does in an environment.

    After a request of ``/sicken``, ``/live`` answers with 500; all else goes on.
    ``START_DELAY``, ``EXIT_AFTER`` and ``LATENCY`` are seconds; ``CPU`` is in cores; ``LISTEN_PORT``, ``EXIT_CODE`` and
    ``BODY`` are as they say.
    """
    body = env.get("BODY", "hello")

    sick: list[bool] = []

    def answer(request: Request) -> str | Response:
        if request.path == "/sicken":
            sick.append(True)
        if request.path == "/live":
            return Response(status=500 if sick else 200, body="asked\n")
        return f"{body} from {request.replica}\n"

    return Program(
        starts=float(env.get("START_DELAY", "0.1")),
        exits=float(env["EXIT_AFTER"]) if "EXIT_AFTER" in env else None,
        exit_code=int(env.get("EXIT_CODE", "0")),
        listens=(int(env.get("LISTEN_PORT", PORT)),),
        prints=(f"started {body}",),
        last_words=("last words",),
        answer=answer,
        cpu=float(env.get("CPU", "0.001")),
        latency=float(env.get("LATENCY", "0.002")),
    )
