"""What users set, as models, and where it comes from; every room may take the models."""
