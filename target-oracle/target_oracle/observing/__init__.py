"""What a person or a machine sees of a run: logs, telemetry, report; for all rooms above."""
