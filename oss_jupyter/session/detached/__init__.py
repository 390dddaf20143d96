"""Uploads that outlive their kernel: a process of their own, and how kernels speak to it."""
