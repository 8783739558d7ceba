"""Chat: Slack's incoming webhook, on this machine, and a page that shows what came."""
