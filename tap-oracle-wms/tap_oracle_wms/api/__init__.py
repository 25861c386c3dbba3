"""WMS over HTTP, nothing of Singer; others take the client, its models and its cancellation."""
