"""One bot for many workspaces: how they install it, where their tokens are kept, and which bot a delivery is for."""
