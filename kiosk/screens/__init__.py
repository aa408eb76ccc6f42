"""Pictures of views: the only package of the terminal that imports Qt."""
