"""The environment that the Makefile sets, for a bare `pytest`: no advice about graphics cards, and no banner that wants a notebook."""

import os

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TFDF_DISABLE_WELCOME_MESSAGE", "1")  # else tensorflowjs fails to import wherever stdout is captured
