"""Making an election: keys, certificates, credentials, cards and devices' folders, from a readable source file."""
