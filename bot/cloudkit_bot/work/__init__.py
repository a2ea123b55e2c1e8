"""Long work: acknowledged at once, done by a pool of threads, told in one message that is edited as it goes."""
