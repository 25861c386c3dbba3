"""What goes wrong on request: rules that choose requests, and the answers they spoil."""
