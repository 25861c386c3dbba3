"""What a person or a machine sees of a run; others take logs, telemetry and reports."""
