"""From the vote store to the counting centre: sealing and upload."""
