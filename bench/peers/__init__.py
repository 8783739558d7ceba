"""Pelton beside what its users would take instead: installed, started, driven and killed in one run."""
