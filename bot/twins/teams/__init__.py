"""The Teams twin: login, Bot Connector and the people in front of Teams, as a server of its own."""
