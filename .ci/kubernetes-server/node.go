package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/cert"
	"k8s.io/cri-streaming/pkg/streaming"
	"k8s.io/kubernetes/pkg/kubelet/apis/config"
	"k8s.io/kubernetes/pkg/kubelet/server"
)

// A node has the kubelet's own HTTP server in front, and that of the container runtimes for streams behind it. Its
// containers are processes of this machine, whatever their image.
type node struct {
	hostParts
	client  kubernetes.Interface
	name    string
	folder  string
	streams streaming.Server

	mutex sync.Mutex
	pods  map[types.UID]*pod

	publishing sync.Mutex
}

// A pod that is here. What changes is guarded by the node's mutex.
type pod struct {
	spec       *v1.Pod
	containers []*box
	stopping   bool
	gone       bool
}

func runNode(f folder, name string) {
	n := &node{name: name, folder: f.path("node-" + name), pods: map[types.UID]*pod{}}
	check(os.MkdirAll(n.folder, 0o700))
	var err error
	n.client, err = kubernetes.NewForConfig(f.admin())
	check(err)
	n.serveStreams()
	n.register(n.serveKubelet())
	pods := cache.NewListWatchFromClient(
		n.client.CoreV1().RESTClient(), "pods", "", fields.OneTermEqualSelector("spec.nodeName", name))
	_, informer := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: pods,
		ObjectType:    &v1.Pod{},
		Handler: cache.ResourceEventHandlerFuncs{
			AddFunc:    func(o any) { n.seen(o.(*v1.Pod)) },
			UpdateFunc: func(_, o any) { n.seen(o.(*v1.Pod)) },
			DeleteFunc: func(o any) {
				if unknown, is := o.(cache.DeletedFinalStateUnknown); is {
					o = unknown.Obj
				}
				n.forget(o.(*v1.Pod).UID)
			},
		},
	})
	ready()
	informer.Run(context.Background().Done())
}

func (n *node) serveStreams() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	settings := streaming.DefaultConfig
	settings.BaseURL = &url.URL{Scheme: "http", Host: listener.Addr().String(), Path: "/"}
	n.streams, err = streaming.NewServer(settings, n)
	check(err)
	go func() { check(http.Serve(listener, n.streams)) }()
}

func (n *node) serveKubelet() int {
	certificate, key, err := cert.GenerateSelfSignedCertKey("127.0.0.1", nil, nil)
	check(err)
	pair, err := tls.X509KeyPair(certificate, key)
	check(err)
	kubelet := server.NewServer(context.Background(), n, nil, nil, nil, nil,
		&config.KubeletConfiguration{EnableDebuggingHandlers: true})
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	check(err)
	go func() { check(http.Serve(listener, &kubelet)) }()
	return listener.Addr().(*net.TCPAddr).Port
}

func (n *node) register(port int) {
	nodes := n.client.CoreV1().Nodes()
	until("the node is not registered", func() error {
		object := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: n.name}}
		_, err := nodes.Create(context.Background(), object, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return err
		}
		status := v1.NodeStatus{
			Addresses:       []v1.NodeAddress{{Type: v1.NodeInternalIP, Address: "127.0.0.1"}},
			DaemonEndpoints: v1.NodeDaemonEndpoints{KubeletEndpoint: v1.DaemonEndpoint{Port: int32(port)}},
			Conditions:      []v1.NodeCondition{{Type: v1.NodeReady, Status: v1.ConditionTrue, Reason: "Test"}},
		}
		_, err = nodes.Patch(context.Background(), n.name, types.StrategicMergePatchType,
			patch(map[string]any{"status": status}), metav1.PatchOptions{}, "status")
		return err
	})
}

func patch(object map[string]any) []byte {
	text, err := json.Marshal(object)
	check(err)
	return text
}

// seen does what the API server wants of a pod.
func (n *node) seen(object *v1.Pod) {
	n.mutex.Lock()
	p := n.pods[object.UID]
	created := p == nil && object.DeletionTimestamp == nil
	if p == nil {
		p = &pod{spec: object}
		n.pods[object.UID] = p
		if created {
			for i := range object.Spec.Containers {
				p.containers = append(p.containers, n.newContainer(p, &object.Spec.Containers[i]))
			}
		}
	}
	p.spec = object
	stop := object.DeletionTimestamp != nil && !p.stopping
	p.stopping = p.stopping || stop
	n.mutex.Unlock()
	if created {
		for _, c := range p.containers {
			go c.run()
		}
	}
	if stop {
		go n.stop(p, object)
	}
}

func (n *node) stop(p *pod, object *v1.Pod) {
	grace := time.Duration(0)
	if object.DeletionGracePeriodSeconds != nil {
		grace = time.Duration(*object.DeletionGracePeriodSeconds) * time.Second
	}
	for _, c := range p.containers {
		c.signal(syscall.SIGTERM)
	}
	end := time.After(grace)
	for _, c := range p.containers {
		select {
		case <-c.over:
		case <-end:
			end = time.After(0)
			c.signal(syscall.SIGKILL)
			<-c.over
		}
	}
	n.publish(p)
	now := int64(0)
	err := n.client.CoreV1().Pods(object.Namespace).Delete(context.Background(), object.Name, metav1.DeleteOptions{
		GracePeriodSeconds: &now,
		Preconditions:      &metav1.Preconditions{UID: &object.UID},
	})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		fmt.Fprintln(os.Stderr, "not deleted:", err)
	}
}

// forget ends what runs of a pod that the API server no longer has.
func (n *node) forget(uid types.UID) {
	n.mutex.Lock()
	p := n.pods[uid]
	delete(n.pods, uid)
	if p != nil {
		p.stopping = true
		p.gone = true
	}
	n.mutex.Unlock()
	if p != nil {
		for _, c := range p.containers {
			c.signal(syscall.SIGKILL)
		}
	}
}

// publish tells the API server how a pod is.
func (n *node) publish(p *pod) {
	n.publishing.Lock()
	defer n.publishing.Unlock()
	n.mutex.Lock()
	object, gone := p.spec, p.gone
	status := p.status()
	n.mutex.Unlock()
	if gone {
		return
	}
	_, err := n.client.CoreV1().Pods(object.Namespace).Patch(context.Background(), object.Name,
		types.MergePatchType,
		patch(map[string]any{"metadata": map[string]any{"uid": object.UID}, "status": status}),
		metav1.PatchOptions{}, "status")
	if err != nil && !apierrors.IsNotFound(err) {
		fmt.Fprintln(os.Stderr, "not published:", err)
	}
}

func (p *pod) status() v1.PodStatus {
	status := v1.PodStatus{Phase: v1.PodRunning, HostIP: "127.0.0.1", PodIP: "127.0.0.1"}
	running, failed := 0, 0
	for _, c := range p.containers {
		is := v1.ContainerStatus{
			Name:         c.spec.Name,
			Image:        c.spec.Image,
			ImageID:      "test://" + c.spec.Image,
			ContainerID:  "test://" + c.id,
			RestartCount: int32(c.restarts),
		}
		switch {
		case c.ended != nil:
			is.State.Terminated = c.ended
			if c.ended.ExitCode != 0 {
				failed++
			}
			if p.spec.Spec.RestartPolicy == v1.RestartPolicyAlways {
				running++
			}
		case c.running:
			running++
			is.Ready = true
			is.State.Running = &v1.ContainerStateRunning{StartedAt: metav1.NewTime(c.started)}
		default:
			running++
			status.Phase = v1.PodPending
			is.State.Waiting = &v1.ContainerStateWaiting{Reason: "ContainerCreating"}
		}
		status.ContainerStatuses = append(status.ContainerStatuses, is)
	}
	if running == 0 {
		status.Phase = v1.PodSucceeded
		if failed > 0 {
			status.Phase = v1.PodFailed
		}
	}
	return status
}

// logPath returns where the container's first process is logged.
func (n *node) logPath(id string) string {
	return filepath.Join(n.folder, id, "0.log")
}
