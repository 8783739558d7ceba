"""``python -m pelton_companions.identification``."""

import sys

from pelton_companions.identification.companion import IdentificationCompanion
from pelton_companions.program import run

if __name__ == "__main__":
    run(lambda options, _: IdentificationCompanion(options.data), "identification", sys.argv[1:])
