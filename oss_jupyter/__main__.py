"""`python -m oss_jupyter` says what this is and what to type; it starts nothing."""

from oss_jupyter.child import find_standard_modules_first

find_standard_modules_first()  # before anything else is imported: -m puts the folder where it was typed in front

import argparse  # noqa: E402

from oss_jupyter.version import __version__  # noqa: E402

_WORDS = f"""\
oss_jupyter {__version__}: large local files into Alibaba Cloud OSS, without losing the place.

In a notebook:   %load_ext oss_jupyter
                 %oss_upload FILE oss://BUCKET/
In Python:       oss_jupyter.upload("FILE", "oss://BUCKET/").result()
To try it out:   python -m oss_jupyter.sandbox   (in a notebook: %oss_sandbox start)"""


def main() -> None:
    """Print the words, or only the version."""
    parser = argparse.ArgumentParser(
        "python -m oss_jupyter", description=_WORDS, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"oss_jupyter {__version__}")
    parser.parse_args()
    print(_WORDS)  # noqa: T201 - what the command is for


if __name__ == "__main__":
    main()
