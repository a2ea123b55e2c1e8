"""The reconcile loop for engines that have none: what is lost comes back, what is dead is replaced."""
