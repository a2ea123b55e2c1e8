"""What belongs to running a command anywhere: its deadline, its output, its terminal, its end."""
