"""Kernels and their place, as the tests of the notebook have them."""

from __future__ import annotations

from tests.notebook.conftest import new_kernel, new_shell, place, service, shell

__all__ = ["new_kernel", "new_shell", "place", "service", "shell"]
