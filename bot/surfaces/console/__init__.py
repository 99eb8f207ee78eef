"""The console: a local page with channels and messages; every card and form works without an account."""
