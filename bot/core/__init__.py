"""The pure core: decide, evolve, react. No I/O, no clock, no chance."""
