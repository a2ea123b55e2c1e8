"""What is shown of a result, before any front end draws it: a terminal, a notebook, a chat."""
