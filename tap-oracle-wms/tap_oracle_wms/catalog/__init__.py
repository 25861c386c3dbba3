"""What can be read, and as what; others take discovery, fields and selection."""
