"""What notebook and command line say alike: options, lines, words for commands, a bar. No IPython, no widgets."""
