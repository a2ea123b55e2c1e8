"""A real Kubernetes cluster of processes on this machine, each node in a network namespace of its own."""
