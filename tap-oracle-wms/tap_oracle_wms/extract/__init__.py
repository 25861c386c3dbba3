"""The bulk path, imported only with its extra; others take the reading by extracts."""
