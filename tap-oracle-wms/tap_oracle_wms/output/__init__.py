"""Records, states and BATCH files on their way out; others take writers and stream maps."""
