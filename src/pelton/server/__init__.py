"""The AWS wire edge: HTTP, signatures, dispatch, errors to bytes."""
