"""What one does with the pods of apps: read, run, attach, copy, measure, reach."""
