"""What the command line answers beside loading; only `target.py` uses this room."""
