"""`python -m oss_jupyter` is `oss-jupyter`, the command line."""

import sys

from oss_jupyter.child import find_standard_modules_first

find_standard_modules_first()  # before anything else is imported: -m puts the folder where it was typed in front

from oss_jupyter.cli.main import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
