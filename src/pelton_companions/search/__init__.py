"""Search: the part of Algolia's REST API that its Python and browser clients need, on this machine."""
