"""Measurements: ``make bench`` prints the table of budgets."""
