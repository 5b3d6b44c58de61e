"""Checkpoint -> inference graph -> TF.js graph model -> dist/models/ with its manifest."""

SUITE_VERSION = "0.1.0"
