"""The control API of a running Pelton."""
