"""What station staff do at a terminal: identify themselves, look, open, close."""
