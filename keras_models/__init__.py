"""What the models are, how they train and how they are judged: one module a model, found by its ``SPEC``.

TensorFlow is imported here, once and quietly: its start-up notes about absent GPUs would bury our own messages.
"""

import contextlib
import os
import sys
from collections.abc import Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin while they wait make a busy machine several times slower
os.environ.setdefault("TFDF_DISABLE_WELCOME_MESSAGE", "1")  # otherwise a package under tensorflowjs asks for IPython


@contextlib.contextmanager
def native_stderr_silenced() -> Iterator[None]:
    """Silence what C++ writes to file descriptor 2, which Python's own redirection does not reach."""
    sys.stderr.flush()
    kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)


with native_stderr_silenced():
    import tensorflow

tensorflow.get_logger().setLevel("ERROR")
