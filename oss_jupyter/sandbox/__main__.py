"""`python -m oss_jupyter.sandbox` is `oss-jupyter sandbox`."""

import sys

from oss_jupyter.child import find_standard_modules_first

find_standard_modules_first()  # before anything else is imported: -m puts the folder where it was typed in front

from oss_jupyter.sandbox.cli import main  # noqa: E402

sys.exit(main(["sandbox", *sys.argv[1:]]))
