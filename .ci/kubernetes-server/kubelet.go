package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	internalapi "k8s.io/cri-api/pkg/apis"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/cri-client/pkg/logs"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	"k8s.io/kubernetes/pkg/kubelet/container"
	"k8s.io/kubernetes/pkg/kubelet/server"
)

// hostParts is what the kubelet's server asks its host; here it is asked only what is below.
type hostParts struct{ server.HostInterface }

// runtimeParts is what a container runtime is asked.
type runtimeParts struct{ internalapi.RuntimeService }

type logRuntime struct {
	runtimeParts
	node *node
}

func (n *node) GetPodByName(namespace, name string) (*v1.Pod, bool) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	for _, p := range n.pods {
		if p.spec.Namespace == namespace && p.spec.Name == name {
			return p.spec, true
		}
	}
	return nil, false
}

func (n *node) SyncLoopHealthCheck(*http.Request) error {
	return nil
}

func (n *node) named(podFullName, name string) *box {
	return n.find(func(c *box) bool {
		return container.GetPodFullName(c.pod.spec) == podFullName && c.spec.Name == name
	})
}

func (n *node) GetExec(_ context.Context, podFullName string, _ types.UID, name string, words []string,
	options remotecommand.Options) (*url.URL, error) {
	c := n.named(podFullName, name)
	if c == nil || !n.runs(c) {
		return nil, fmt.Errorf("container not found (%q)", name)
	}
	answer, err := n.streams.GetExec(&runtimeapi.ExecRequest{
		ContainerId: n.idOf(c),
		Cmd:         words,
		Stdin:       options.Stdin,
		Stdout:      options.Stdout,
		Stderr:      options.Stderr,
		Tty:         options.TTY,
	})
	if err != nil {
		return nil, err
	}
	return url.Parse(answer.Url)
}

func (n *node) Attach(context.Context, string, io.Reader, io.WriteCloser, io.WriteCloser, bool,
	<-chan remotecommand.TerminalSize) error {
	return errors.New("attach is not for this node")
}

func (n *node) PortForward(context.Context, string, int32, io.ReadWriteCloser) error {
	return errors.New("port-forward is not for this node")
}

func (n *node) GetKubeletContainerLogs(ctx context.Context, podFullName, name string, options *v1.PodLogOptions,
	stdout, stderr io.Writer) error {
	c := n.named(podFullName, name)
	if c == nil || !n.hasStarted(c) {
		return fmt.Errorf("container %q in pod %q is waiting to start", name, podFullName)
	}
	if stdout != nil {
		if _, err := stdout.Write(nil); err != nil { // the answer begins before the first line
			return err
		}
	}
	settings := &logs.LogOptions{
		TailLines:  options.TailLines,
		LimitBytes: options.LimitBytes,
		Follow:     options.Follow,
		Timestamp:  options.Timestamps,
	}
	if options.SinceSeconds != nil {
		settings.Since = time.Now().Add(-time.Duration(*options.SinceSeconds) * time.Second)
	}
	if options.SinceTime != nil {
		settings.Since = options.SinceTime.Time
	}
	id := n.idOf(c)
	return logs.ReadLogs(ctx, n.logPath(id), id, settings, &logRuntime{node: n}, stdout, stderr)
}

// ContainerStatus says whether a log may still grow.
func (r *logRuntime) ContainerStatus(_ context.Context, id string, _ bool) (*runtimeapi.ContainerStatusResponse, error) {
	state := runtimeapi.ContainerState_CONTAINER_EXITED
	if r.node.find(func(c *box) bool { return c.id == id && c.running }) != nil {
		state = runtimeapi.ContainerState_CONTAINER_RUNNING
	}
	return &runtimeapi.ContainerStatusResponse{Status: &runtimeapi.ContainerStatus{Id: id, State: state}}, nil
}

func (n *node) idOf(c *box) string {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return c.id
}

func (n *node) runs(c *box) bool {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return c.running
}

func (n *node) hasStarted(c *box) bool {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return c.running || c.ended != nil
}
