"""``python -m pelton_companions.chat``."""

import sys

from pelton_companions.chat.companion import ChatCompanion
from pelton_companions.program import run

if __name__ == "__main__":
    run(lambda options, _: ChatCompanion(options.data), "chat", sys.argv[1:])
