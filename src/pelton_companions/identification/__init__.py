"""Identification: FullContact's person.enrich, on this machine."""
