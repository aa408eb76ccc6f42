"""The voter's session, from the card going in to the card coming out."""
