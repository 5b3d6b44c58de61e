"""What the models are, how they train and how they are judged: one module a model, found by its ``SPEC``."""
