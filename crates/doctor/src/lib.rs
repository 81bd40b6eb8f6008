//! What this machine and its Pythons cost, measured.
