"""Whatever runs in a namespace, whoever has made it."""
