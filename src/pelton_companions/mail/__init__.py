"""Mail: an SMTP server on this machine that keeps every message, and lists them over HTTP."""
