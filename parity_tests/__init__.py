"""Python against browser: every exported model, on every backend, in a real Chromium; writes the parity report."""
