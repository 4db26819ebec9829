package dev.logweir.kubernetes;

/** Why no more frames of an exec come. */
record ExecEnd(PodExecResult.Cause cause, String text) {}
