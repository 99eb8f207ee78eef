"""The demo's story: its world, its people's steps, its transcript, its independent checker, its sabotage."""
