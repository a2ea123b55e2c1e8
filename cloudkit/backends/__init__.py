"""What makes a spec true: Docker Engine, and an in-memory twin of it."""
