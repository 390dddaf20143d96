"""`python -m oss_jupyter.sandbox` is `oss-jupyter sandbox`."""

import sys

from .cli import main

sys.exit(main(["sandbox", *sys.argv[1:]]))
