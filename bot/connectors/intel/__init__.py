"""Public vulnerability feeds: one file per feed, bytes in, typed rows out, nothing else."""
