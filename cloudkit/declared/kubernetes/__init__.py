"""Manifests of Kubernetes, read and written."""
