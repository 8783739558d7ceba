"""The composition root: builds and wires every room from a project and settings; nothing else wires."""
