"""The balancer of the Docker backend: one HAProxy container in front of an app's replicas, and the way into it.

A roll, with ``api`` the SDK's low-level client and ``networks`` the backend's own::

    image = ensure_image(api, configured=None, listener=listener)
    site = Site(namespace="cloudkit", app="web", networks=networks)
    balancer = Balancer(api, image=image, site=site, settings=settings_for(spec))
    refuse_taken(api, "web", spec.ports, own=balancer.name)  # before anything is changed
    balancer.ensure(members)        # create, start, reload, or replace when published ports or networks changed
    balancer.sync(members)          # converge after whatever happened: adds, drains, forgets
    # start the new replica first, then
    balancer.admit(name, address)   # on trial: checked often, gets nothing yet
    while not balancer.up(name): ...  # 3 ms a look; balancer.server(name) says what its check saw
    balancer.enable(name)
    balancer.drain(old, deadline)   # False when still busy then
    balancer.dismiss(old)           # then stop its container
    balancer.published()            # {3000: ("127.0.0.1", 49153)}, also where the engine chose the port
    balancer.close()

Each of ``sync``, ``admit``, ``enable``, ``drain`` and ``dismiss`` also saves the membership into the container, so that
a balancer that is killed comes back with it. When the app's ports or its probe changed, ``ensure`` reloads, which loses
no request; give it the replicas of older revisions with ``own``, the settings of theirs, so that each is reached and
checked where it listens. ``settle`` ends what was kept for them. A balancer that is down answers with ``ConflictError``
or ``BackendError``; ``ensure`` mends it.
"""

from __future__ import annotations

from cloudkit.backends.docker.balancer.balancer import Balancer
from cloudkit.backends.docker.balancer.config import Membership
from cloudkit.backends.docker.balancer.container import Site
from cloudkit.backends.docker.balancer.image import IMAGE, ensure_image
from cloudkit.backends.docker.balancer.members import Member
from cloudkit.backends.docker.balancer.ports import refuse_taken
from cloudkit.backends.docker.balancer.runtime import Admin, Server
from cloudkit.backends.docker.balancer.settings import BalancerSettings, Check, balanced, settings_for

__all__ = [
    "IMAGE",
    "Admin",
    "Balancer",
    "BalancerSettings",
    "Check",
    "Member",
    "Membership",
    "Server",
    "Site",
    "balanced",
    "ensure_image",
    "refuse_taken",
    "settings_for",
]
