"""Files and folders as archives: packed for a container, unpacked from one that is not trusted."""
