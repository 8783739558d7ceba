"""API Gateway: routes, events, responses and the project's site."""
