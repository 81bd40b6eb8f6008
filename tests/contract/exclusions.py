"""Tests of CPython's that are not about what its documentation promises, by method, each with the reason."""

EXCLUDED = {
    "test_gh105829_should_not_deadlock_if_wakeup_pipe_full": "replaces the wake-up pipe, which we do not have",
    "test_python_finalization_error": "makes the second thread fail that an executor starts; ours starts one",
}
