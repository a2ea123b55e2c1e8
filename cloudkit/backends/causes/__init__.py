"""Why something is not ready, as far as that is the same whatever runs it: how lives end, where programs listen."""
