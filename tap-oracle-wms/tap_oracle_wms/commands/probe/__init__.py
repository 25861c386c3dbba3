"""What a tenant really does, asked read-only; others take `probe`, its settings and its report."""
