"""What the user may set, and where it is read; others take settings, sources, limits and times."""
