"""How the kernels of one user on one computer ask each other about their uploads, and ask for something."""
