"""Where data comes from: one loader per layout, and the registry of the sets the models learn from."""
