/**
 * Feeds logs with what jobs in Kubernetes' pods write.
 *
 * <p>{@link dev.logweir.kubernetes.PodExec} runs a command in a pod. The way of a byte: the
 * client's WebSocket brings a frame to {@code ExecStream}, whose two streams the log's pump reads;
 * the next frame is asked for when this one has a place in the log. {@code ExecWatch} looks at the
 * pod while nothing comes.
 *
 * <p>{@link dev.logweir.kubernetes.PodLog} follows the log of a container. The way of a byte:
 * {@code PodLogStream} reads the server's answers, asks for the log anew where one was cut, and
 * leaves out the lines that came already, which {@code SeenLines} knows; the log's pump reads it.
 * {@code LogWatch} looks at the pod while nothing comes.
 */
@NullMarked
package dev.logweir.kubernetes;

import org.jspecify.annotations.NullMarked;
