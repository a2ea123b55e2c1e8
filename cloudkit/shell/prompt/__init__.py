"""Cloudkit at a prompt: IPython, a notebook and Python's own."""
