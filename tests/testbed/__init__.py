"""The real parts that tests run against, brought up where they are missing."""
