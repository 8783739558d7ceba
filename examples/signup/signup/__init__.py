"""The sign-up application's Lambda handlers: one module for the API, one for each reaction."""
