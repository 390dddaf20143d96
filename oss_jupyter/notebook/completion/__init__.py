"""What Tab offers behind the name of a magic."""
