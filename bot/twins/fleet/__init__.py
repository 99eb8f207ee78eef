"""The fleet twin: a server of its own that speaks the NinjaOne API about an invented fleet."""
