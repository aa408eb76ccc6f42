"""Sound: what is said and signalled to a person, and whether headphones are plugged."""
