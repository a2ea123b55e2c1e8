"""What is shown without being asked for: the Home tab, and summaries at set times."""
