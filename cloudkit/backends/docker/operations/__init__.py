"""What one does with running replicas: read, run, attach, copy, measure."""
