"""What is typed into a cell, and what the cell shows then."""
