"""Every printed layout: pure functions from a content and a language to a picture of the paper."""
