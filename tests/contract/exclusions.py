"""Tests of CPython's that are not about what its documentation promises, by method or Class.method; each with why."""

ALL_CANCELLED = "no worker has started yet, so that all are cancelled; the test wants one that is not any more"
EXCLUDED = {
    "ProcessPoolForkserverProcessPoolShutdownTest.test_cancel_futures": ALL_CANCELLED,
    "ProcessPoolSpawnProcessPoolShutdownTest.test_cancel_futures": ALL_CANCELLED,
    "test_gh105829_should_not_deadlock_if_wakeup_pipe_full": "replaces the wake-up pipe, which we do not have",
    "test_python_finalization_error": "makes the second thread fail that an executor starts; ours starts one",
}
