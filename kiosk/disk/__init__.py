"""What a file system does with what is written to it: for the vote store and the desk's pool alike."""
