"""The same verbs on a Kubernetes cluster."""
