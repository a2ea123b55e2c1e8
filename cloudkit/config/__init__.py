"""What a cloud connects to, and where each value came from."""

from cloudkit.config.cluster import Cluster
from cloudkit.config.endpoint import Endpoint, Tls
from cloudkit.config.settings import Config
from cloudkit.config.source import Source, Sources

__all__ = ["Cluster", "Config", "Endpoint", "Source", "Sources", "Tls"]
