"""All that talks to Oracle: sessions, dictionary, DDL, statements, the tables of a run itself."""
