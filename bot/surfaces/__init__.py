"""Where people meet the bot: the console, and later Slack and Teams."""
