"""Files of this machine kept the same in running replicas."""
