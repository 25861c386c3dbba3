"""Messages as taps send them, and the STATE that is earned; knows nothing of Oracle."""
