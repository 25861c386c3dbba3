"""JSON Schema to Oracle, without a database: names, types, plans; for all rooms above."""
