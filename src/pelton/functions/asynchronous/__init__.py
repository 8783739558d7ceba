"""Asynchronous invocations: accepted durably, run later, tried again, and told of when they are over."""
