"""A container engine, wrapped once: connection, errors, builds, images."""
