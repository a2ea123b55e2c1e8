"""What every backend does alike with a workload that becomes an app."""
