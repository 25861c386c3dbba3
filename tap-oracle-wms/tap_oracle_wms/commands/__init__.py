"""What the command line answers beside reading; others take the command and its report."""
