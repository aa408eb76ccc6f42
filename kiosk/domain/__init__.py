"""Ballots, selections, the state of the polls, counters: frozen types and their rules."""
