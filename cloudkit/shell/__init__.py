"""The command line: the verbs as commands, their results as text, JSON or HTML, their progress as a display."""
