"""``python -m pelton_companions.crm``."""

import sys

from pelton_companions.crm.companion import CrmCompanion
from pelton_companions.program import run

if __name__ == "__main__":
    run(lambda options, _: CrmCompanion(options.data), "crm", sys.argv[1:])
