"""For people's tests: the pytest plugin, in-process clients, settle()."""
