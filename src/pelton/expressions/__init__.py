"""The five expression languages."""
