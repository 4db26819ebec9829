package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/client-go/kubernetes"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

// The users that there are tokens of; what the others than admin may do is said by the test.
var users = []string{"admin", "runner", "nobody"}

// serve runs etcd and the API server, on the port of the last time if there was one.
func serve(f folder) {
	store := startStore(f)
	defer store.Close()
	port := f.prepare()
	arguments := []string{
		"--advertise-address=127.0.0.1",
		"--allow-privileged=false",
		"--anonymous-auth=true",
		"--authorization-mode=RBAC",
		"--bind-address=127.0.0.1",
		"--cert-dir=" + f.path("certificates"),
		"--disable-admission-plugins=ServiceAccount",
		"--endpoint-reconciler-type=none",
		"--etcd-servers=http://" + store.Clients[0].Addr().String(),
		"--kubelet-preferred-address-types=InternalIP",
		"--profiling=false",
		"--secure-port=" + port,
		"--service-account-issuer=https://kubernetes.test",
		"--service-account-key-file=" + f.path("accounts.key"),
		"--service-account-signing-key-file=" + f.path("accounts.key"),
		"--service-cluster-ip-range=10.255.0.0/24",
		"--storage-backend=etcd3",
		"--token-auth-file=" + f.path("tokens.csv"),
	}
	go func() {
		until("the API server does not get ready", func() error {
			client, err := kubernetes.NewForConfig(f.admin())
			if err != nil {
				return err // its certificate is not there yet
			}
			return client.RESTClient().Get().AbsPath("/readyz").Do(context.Background()).Error()
		})
		ready()
	}()
	command := app.NewAPIServerCommand()
	command.SetArgs(arguments)
	check(command.Execute())
}

func startStore(f folder) *embed.Etcd {
	config := embed.NewConfig()
	config.Dir = f.path("etcd")
	config.LogLevel = "error"
	config.UnsafeNoFsync = true
	any := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	config.ListenClientUrls = []url.URL{any}
	config.AdvertiseClientUrls = []url.URL{any}
	config.ListenPeerUrls = []url.URL{any}
	config.AdvertisePeerUrls = []url.URL{any}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	store, err := embed.StartEtcd(config)
	check(err)
	<-store.Server.ReadyNotify()
	return store
}

// prepare writes what the API server reads, and returns its port.
func (f folder) prepare() string {
	if _, err := os.Stat(f.path("url")); err == nil {
		address := f.read("url")
		return address[strings.LastIndex(address, ":")+1:]
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	check(err)
	f.write("accounts.key", string(pem.EncodeToMemory(
		&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})))
	var tokens strings.Builder
	for _, user := range users {
		var random [16]byte
		_, err := rand.Read(random[:])
		check(err)
		token := hex.EncodeToString(random[:])
		group := "system:authenticated"
		if user == "admin" {
			group = "system:masters"
		}
		fmt.Fprintf(&tokens, "%s,%s,%s,%s\n", token, user, user, group)
		f.write(user+".token", token)
	}
	f.write("tokens.csv", tokens.String())
	// It takes no port of its own choice.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	address := listener.Addr().String()
	check(listener.Close())
	f.write("url", "https://"+address)
	return address[strings.LastIndex(address, ":")+1:]
}
