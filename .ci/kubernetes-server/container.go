package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

// What comes in one piece at most into the log of a container.
const logPiece = 16 << 10

// A box is a container: a process, its log, and the commands that were started beside it. What changes is guarded by the
// node's mutex.
type box struct {
	node     *node
	pod      *pod
	spec     *v1.Container
	id       string
	running  bool
	started  time.Time
	restarts int
	ended    *v1.ContainerStateTerminated
	// Process groups: that of its first process, and those of commands.
	main   int
	groups map[int]bool
	over   chan struct{}
}

func (n *node) newContainer(p *pod, spec *v1.Container) *box {
	return &box{
		node: n, pod: p, spec: spec, id: string(uuid.NewUUID()), groups: map[int]bool{}, over: make(chan struct{}),
	}
}

// run starts the container, and starts it anew as long as the pod says so.
func (c *box) run() {
	defer close(c.over)
	for {
		code := c.once()
		c.node.mutex.Lock()
		again := !c.pod.stopping && c.pod.spec.Spec.RestartPolicy == v1.RestartPolicyAlways
		c.running = false
		c.ended = &v1.ContainerStateTerminated{
			ExitCode:    int32(code),
			Reason:      reason(code),
			StartedAt:   metav1.NewTime(c.started),
			FinishedAt:  metav1.Now(),
			ContainerID: "test://" + c.id,
		}
		c.node.mutex.Unlock()
		c.node.publish(c.pod)
		if !again {
			return
		}
		time.Sleep(100 * time.Millisecond)
		c.node.mutex.Lock()
		c.id = string(uuid.NewUUID())
		c.ended = nil
		c.restarts++
		c.node.mutex.Unlock()
	}
}

func reason(code int) string {
	if code == 0 {
		return "Completed"
	}
	return "Error"
}

// once runs the first process to its end and returns its exit code.
func (c *box) once() int {
	words := append(append([]string{}, c.spec.Command...), c.spec.Args...)
	if len(words) == 0 {
		words = []string{"sleep", "infinity"}
	}
	path := c.node.logPath(c.id)
	check(os.MkdirAll(filepath.Dir(path), 0o700))
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	check(err)
	defer file.Close()
	log := &criLog{file: file}
	command := c.command(words)
	stdout, stdoutEnd, err := os.Pipe()
	check(err)
	stderr, stderrEnd, err := os.Pipe()
	check(err)
	command.Stdout, command.Stderr = stdoutEnd, stderrEnd
	err = c.start(command, true)
	_ = stdoutEnd.Close()
	_ = stderrEnd.Close()
	var copies sync.WaitGroup
	copies.Go(func() { log.copy("stdout", stdout) })
	copies.Go(func() { log.copy("stderr", stderr) })
	if err != nil {
		copies.Wait()
		log.line("stderr", "F", []byte(err.Error()))
		return 128
	}
	c.node.publish(c.pod)
	err = command.Wait()
	c.signal(syscall.SIGKILL) // what it started dies with it, and so do commands: as in a process namespace
	copies.Wait()
	c.forget(command)
	return exitCode(command, err)
}

func (c *box) command(words []string) *exec.Cmd {
	command := exec.Command(words[0], words[1:]...)
	command.Dir = c.node.folder
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOSTNAME=" + c.pod.spec.Name}
	for _, variable := range c.spec.Env {
		command.Env = append(command.Env, variable.Name+"="+variable.Value)
	}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return command
}

// start starts a process, unless the container has ended.
func (c *box) start(command *exec.Cmd, main bool) error {
	c.node.mutex.Lock()
	defer c.node.mutex.Unlock()
	if c.pod.gone || (!main && !c.running) || (main && c.pod.stopping) {
		return errors.New("container is not running")
	}
	if err := command.Start(); err != nil {
		return err
	}
	c.groups[command.Process.Pid] = true
	if main {
		c.main = command.Process.Pid
		c.started = time.Now()
		c.running = true
	}
	return nil
}

func (c *box) forget(command *exec.Cmd) {
	c.node.mutex.Lock()
	defer c.node.mutex.Unlock()
	delete(c.groups, command.Process.Pid)
	if c.main == command.Process.Pid {
		c.main = 0
	}
}

// signal reaches the first process; SIGKILL reaches all.
func (c *box) signal(signal syscall.Signal) {
	c.node.mutex.Lock()
	defer c.node.mutex.Unlock()
	for group := range c.groups {
		if group == c.main || signal == syscall.SIGKILL {
			_ = syscall.Kill(-group, signal)
		}
	}
}

func exitCode(command *exec.Cmd, err error) int {
	if status, is := command.ProcessState.Sys().(syscall.WaitStatus); is && status.Signaled() {
		return 128 + int(status.Signal())
	}
	if err != nil && command.ProcessState.ExitCode() == 0 {
		return 1 // its output could not be read
	}
	return command.ProcessState.ExitCode()
}

// Exec runs a command beside the first process. It goes on when its client has gone, as with the usual runtimes.
func (n *node) Exec(_ context.Context, id string, words []string, in io.Reader, out, err io.WriteCloser, _ bool,
	_ <-chan remotecommand.TerminalSize) error {
	c := n.find(func(c *box) bool { return c.id == id })
	if c == nil {
		return fmt.Errorf("no such container: %s", id)
	}
	command := c.command(words)
	if in != nil {
		command.Stdin = in
	}
	if out != nil {
		command.Stdout = out
	}
	if err != nil {
		command.Stderr = err
	}
	if err := c.start(command, false); err != nil {
		return err
	}
	failed := command.Wait()
	c.forget(command)
	if code := exitCode(command, failed); code != 0 {
		return utilexec.CodeExitError{Err: errors.New("exit status " + strconv.Itoa(code)), Code: code}
	}
	return nil
}

// find returns the container that is so, or nil.
func (n *node) find(is func(*box) bool) *box {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	for _, p := range n.pods {
		for _, c := range p.containers {
			if is(c) {
				return c
			}
		}
	}
	return nil
}

// criLog writes lines as the container runtimes do: time, stream, whether the line ends here, and the text.
type criLog struct {
	mutex sync.Mutex
	file  *os.File
}

func (l *criLog) copy(stream string, from io.ReadCloser) {
	defer from.Close()
	reader := bufio.NewReaderSize(from, logPiece)
	for {
		piece, err := reader.ReadSlice('\n')
		if n := len(piece); n > 0 && piece[n-1] == '\n' {
			l.line(stream, "F", piece[:n-1])
		} else if n > 0 {
			l.line(stream, "P", piece)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

func (l *criLog) line(stream, tag string, text []byte) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	line := append([]byte(time.Now().UTC().Format(time.RFC3339Nano)+" "+stream+" "+tag+" "), text...)
	_, _ = l.file.Write(append(line, '\n'))
}
