"""PartiQL: statements read into the operations on items they stand for; nothing is evaluated here."""
