"""Tell people how a run of Meltano ended."""
