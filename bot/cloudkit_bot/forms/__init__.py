"""A form for every verb, made from its signature, and read back as the line that it means."""
