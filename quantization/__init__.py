"""Which weight gets which precision, and the bit-exact weights that the browser computes with."""
