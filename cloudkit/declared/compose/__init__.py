"""Files of compose, read and written."""
