"""A rollout: rings of devices, one update, one approval; halted and undone by evidence."""
