"""``python -m pelton_companions.mail``."""

import sys

from pelton_companions.mail.companion import MailCompanion
from pelton_companions.program import run

if __name__ == "__main__":
    run(MailCompanion, "mail", sys.argv[1:])
