// A small cluster for tests: Kubernetes' own API server with etcd, and nodes that start processes of this machine.
//
//	kubernetes-server server FOLDER
//	kubernetes-server node FOLDER NAME
//
// Both say "ready" in a line of their own, log to their standard error, and end when their standard input does. Whoever
// may read FOLDER may do anything here: it has the tokens.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/rest"
)

// The version of Kubernetes, and what this was built of; set by the build.
var version = "unknown"

func main() {
	arguments := os.Args[1:]
	switch {
	case len(arguments) == 1 && arguments[0] == "version":
		fmt.Println(version)
	case len(arguments) == 2 && arguments[0] == "server":
		endWithInput()
		serve(folder(arguments[1]))
	case len(arguments) == 3 && arguments[0] == "node":
		endWithInput()
		runNode(folder(arguments[1]), arguments[2])
	default:
		fmt.Fprintln(os.Stderr, "usage: kubernetes-server server FOLDER | node FOLDER NAME | version")
		os.Exit(2)
	}
}

// A test that dies leaves nothing running.
func endWithInput() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
}

// folder says where the parts of a cluster keep what they know of each other.
type folder string

func (f folder) path(name string) string {
	return filepath.Join(string(f), name)
}

func (f folder) certificate() string {
	return f.path("certificates/apiserver.crt")
}

func (f folder) read(name string) string {
	text, err := os.ReadFile(f.path(name))
	check(err)
	return strings.TrimSpace(string(text))
}

func (f folder) write(name, text string) {
	check(os.WriteFile(f.path(name), []byte(text), 0o600))
}

// admin returns how to reach the API server with all rights.
func (f folder) admin() *rest.Config {
	return &rest.Config{
		Host:            f.read("url"),
		BearerToken:     f.read("admin.token"),
		TLSClientConfig: rest.TLSClientConfig{CAFile: f.certificate()},
		QPS:             1000,
		Burst:           1000,
	}
}

// until tries again until it works, which it must within a minute.
func until(what string, try func() error) {
	end := time.Now().Add(time.Minute)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			check(fmt.Errorf("%s: %w", what, err))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func ready() {
	fmt.Println("ready")
}

func check(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "kubernetes-server: %v\n", err)
		os.Exit(1)
	}
}
