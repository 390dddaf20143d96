"""What the system says of files and connections. Python has it in English, whatever language a person reads."""

from __future__ import annotations

from oss_jupyter.texts import english, tr

# Its sentences by their words, not by their numbers: an OSError of ours has words of its own. Others stay as they are.
_KNOWN = frozenset(
    {
        english("Permission denied"),
        english("Operation not permitted"),
        english("No such file or directory"),
        english("Not a directory"),
        english("Is a directory"),
        english("File exists"),
        english("File name too long"),
        english("File too large"),
        english("Too many levels of symbolic links"),
        english("No space left on device"),
        english("Disk quota exceeded"),
        english("Read-only file system"),
        english("Input/output error"),
        english("Stale file handle"),
        english("Device or resource busy"),
        english("No such device or address"),
        english("Too many open files"),
        english("Too many open files in system"),
        english("Cannot allocate memory"),
        english("Resource temporarily unavailable"),
        english("Connection refused"),
        english("Connection reset by peer"),
        english("Connection timed out"),
        english("Network is unreachable"),
        english("No route to host"),
        english("Broken pipe"),
        # Of certificates, by OpenSSL.
        english("unable to get local issuer certificate"),
        english("self-signed certificate"),
        english("self-signed certificate in certificate chain"),
        english("certificate has expired"),
        english("certificate is not yet valid"),
    }
)


def system_words(error: OSError) -> str:
    """Return what the system says of an error, in the language of whoever reads it; its kind if it says nothing."""
    return in_words(error.strerror or type(error).__name__)


def in_words(said: str) -> str:
    """Return what `os.strerror`, or OpenSSL, has said in the language of whoever reads it."""
    return tr(said) if said in _KNOWN else said
