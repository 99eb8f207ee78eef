"""Every verb of the command line, in one visible list. A verb's module is imported only when it is called."""

from __future__ import annotations

from typing import Final, NamedTuple


class Verb(NamedTuple):
    """What is typed, the module with `add_arguments(parser)` and `run(args) -> int`, and what it does."""

    name: str
    module: str
    summary: str


VERBS: Final = (
    Verb("serve", "bot.cli.serve", "run the bot until it is told to stop"),
    Verb("demo", "bot.cli.demo", "play the whole story on virtual time and check every step of it"),
    Verb("init", "bot.cli.init", "make a store; with --sample two invented clients"),
    Verb("import", "bot.cli.import_intel", "take a public feed: KEV, EPSS, CVSS, update guide"),
    Verb("simulate-rmm", "bot.cli.simulate_rmm", "run a fleet simulator that speaks the NinjaOne API"),
    Verb("simulate-slack", "bot.cli.simulate_slack", "run a fake Slack with invented people"),
    Verb("simulate-teams", "bot.cli.simulate_teams", "run a stand-in for Teams and its Bot Connector"),
    Verb("verify", "bot.cli.verify", "is the record whole? names the first fault"),
    Verb("replay", "bot.cli.replay", "fold the ledger again and compare it with the tables"),
    Verb("migrate", "bot.cli.migrate", "bring the files to the shape that this version works on"),
    Verb("token", "bot.cli.token", "make a person's console token; it is shown once"),
    Verb("link", "bot.cli.link", "say whose a Slack or Teams account is"),
    Verb("manifest", "bot.cli.manifest", "how Slack or Teams is told of the bot, from the settings"),
    Verb("tenant", "bot.cli.tenant", "change a client's mode or policy"),
    Verb("parked", "bot.cli.parked", "what the bot gave up or is in doubt about; retry one"),
    Verb("commands", "bot.cli.commands", "print what can be typed to the bot, from the table of commands"),
    Verb("verbs", "bot.cli.verbs", "print this list with all options, from the parsers"),
    Verb("diagrams", "bot.cli.diagrams", "print the state diagrams from the tables of moves"),
)
