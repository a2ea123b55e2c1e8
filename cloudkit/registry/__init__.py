"""Image registries: a client of the OCI distribution protocol, docker's credentials, and images in files.

Modules are imported one by one, as only some of them need the HTTP library.
"""
