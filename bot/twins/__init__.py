"""Simulators of outside systems: own processes, reached over HTTP only."""
