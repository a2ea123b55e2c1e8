"""The lines of many replicas in one order: stamped, merged by time, read on where a reading stopped."""
