"""One session of this process: the uploads, the settings, and the wiring of all rooms. No IPython, no widgets."""
