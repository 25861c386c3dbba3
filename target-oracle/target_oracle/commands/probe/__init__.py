"""What a database really does, asked in scratch tables; others take `probe` and its report."""
