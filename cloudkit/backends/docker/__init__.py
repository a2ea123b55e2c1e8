"""Apps on one Docker Engine, balanced and rolled without losing a request."""
