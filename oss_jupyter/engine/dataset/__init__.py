"""Datasets: many files as one job. What scans, compares and sends runs in the helper; here it is driven."""
