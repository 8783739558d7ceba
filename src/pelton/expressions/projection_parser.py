"""The grammar of projections: ``projection = path *( "," path )``.

Source: DynamoDB developer guide, "Projection expressions".
"""

from __future__ import annotations

from pelton.expressions.faults import ExpressionKind
from pelton.expressions.parser import Parser
from pelton.expressions.syntax import Parsed, Path


def parse_projection_text(kind: ExpressionKind, text: str) -> Parsed[tuple[Path, ...]]:
    """The paths of a projection, as written.

    Raises:
        ExpressionFault: the text is not a projection.
    """
    parser = ProjectionParser(kind, text)
    return parser.whole(parser.paths)


class ProjectionParser(Parser):
    """A list of paths."""

    def paths(self) -> tuple[Path, ...]:
        """All of them, one at least."""
        paths = [self.path()]
        while self.skip_symbol(","):
            paths.append(self.path())
        return tuple(paths)
