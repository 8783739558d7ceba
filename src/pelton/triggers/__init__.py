"""What makes functions run: stream mappings, their processors, runners and sources."""
