"""Where a device keeps its keys, secrets and counter: `api`, and files for development (`software`)."""
