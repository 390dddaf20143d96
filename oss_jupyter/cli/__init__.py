"""The command line: the main job for scripts and pipelines, with the words of the magics."""
