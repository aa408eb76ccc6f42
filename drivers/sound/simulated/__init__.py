"""The simulated sound card: a process that keeps what it played."""
