"""The composition root: builds and wires every room from a Project and Settings; nothing else wires."""
