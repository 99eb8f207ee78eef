"""The public port's parts: what it leans on, its limits, and how deliveries are read, checked and kept."""
