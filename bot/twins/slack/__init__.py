"""The fake Slack: a server of its own that speaks Slack's Web API and plays the people who use it."""
