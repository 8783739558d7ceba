"""``python -m pelton_companions.search``."""

import sys

from pelton_companions.program import run
from pelton_companions.search.companion import SearchCompanion

if __name__ == "__main__":
    run(lambda options, _: SearchCompanion(options.data), "search", sys.argv[1:])
