"""What could stand in the way of an upload, looked at before it begins. A look returns findings."""
