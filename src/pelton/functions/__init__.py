"""Lambda: definitions, workers, invocations."""
