"""What card and desk have in common: the widget, the commands of its buttons, the painter, the saved summary."""
