package configserver_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/configserver"
	"github.com/gatewayhomebrew/gateway/libs/configserver/fleettest"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A guarded is a replica behind an entrance, with certificates where there is an authority.
type guarded struct {
	address string
	ca      *testkit.Authority
}

func guard(t *testing.T, ca *testkit.Authority, perAddress int) *guarded {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log := logrus.New()
	log.SetOutput(io.Discard)
	e := configserver.NewEntrance(l, perAddress, log)
	server := configserver.New(configserver.Options{
		Store: folder(t), Name: "one", Bake: 100 * time.Millisecond, Secured: ca != nil,
		Heartbeat: time.Second, Entrance: e,
	})
	r := &guarded{l.Addr().String(), ca}
	var creds credentials.TransportCredentials
	if ca != nil {
		creds = credentials.NewTLS(&tls.Config{
			Certificates: []tls.Certificate{r.pair(t, "server")}, ClientCAs: ca.Pool(),
			ClientAuth: tls.RequireAndVerifyClientCert,
		})
	}
	g := grpc.NewServer(e.Options(creds)...)
	server.Register(g)
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		if err := server.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	group.Go(func() { _ = g.Serve(e) })
	t.Cleanup(func() { cancel(); g.Stop(); group.Wait() })
	testkit.Eventually(t, "the journal is read", func() bool { return server.Ready() == nil })
	return r
}

// pair is a certificate with a URI, "node/edge-1".
func (r *guarded) pair(t *testing.T, who string) tls.Certificate {
	t.Helper()
	return r.ca.Leaf(t, func(c *x509.Certificate) {
		c.URIs = append(c.URIs, &url.URL{Scheme: "spiffe", Host: "gateway", Path: "/" + who})
	}, "127.0.0.1").TLS(t)
}

func (r *guarded) dial(t *testing.T, who string) configpb.ConfigSyncClient {
	t.Helper()
	creds := insecure.NewCredentials()
	if r.ca != nil {
		creds = credentials.NewTLS(&tls.Config{
			RootCAs: r.ca.Pool(), Certificates: []tls.Certificate{r.pair(t, who)},
		})
	}
	return configpb.NewConfigSyncClient(dial(t, r.address, creds))
}

// tries begins streams over connections of its own, waits until no more than some are open, and
// wants that others were refused.
func (r *guarded) tries(t *testing.T, who string, connections, each, most int) {
	t.Helper()
	var mu sync.Mutex
	var group sync.WaitGroup
	ended, refused := 0, 0
	for range connections {
		client := r.dial(t, who)
		for range each {
			w, err := client.Watch(t.Context(), grpc.WaitForReady(true))
			if err != nil {
				continue // the connection was closed for another
			}
			group.Go(func() {
				_, err := w.Recv() // nothing comes: it says no hello
				mu.Lock()
				defer mu.Unlock()
				ended++
				if status.Code(err) == codes.ResourceExhausted {
					refused++
				}
			})
		}
	}
	t.Cleanup(group.Wait)
	testkit.Within(t, time.Minute, "what is over a bound ends", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return connections*each-ended <= most && refused > 0
	})
}

// A client that holds the certificate of one node can't keep others from config-sync.
func TestOneCertificateIsBounded(t *testing.T) {
	t.Parallel()
	r := guard(t, testkit.NewAuthority(t), 0)
	r.tries(t, "node/mallory", 40, 20, 8)
	// Others have their own.
	operator := r.dial(t, "operator/ann")
	n := &fleettest.Node{Name: "edge-1"}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	edge := r.dial(t, "node/edge-1")
	go func() { _ = n.Watch(ctx, edge) }()
	p, err := operator.Publish(deadline(t), &configpb.PublishRequest{Config: document("x")})
	if err != nil {
		t.Fatal(err)
	}
	testkit.Within(t, time.Minute, "another node has it", func() bool {
		return n.Digest() == p.GetDigest()
	})
	// And it may come again, when its own are gone.
	again := &fleettest.Node{Name: "mallory"}
	mallory := r.dial(t, "node/mallory")
	testkit.Within(t, time.Minute, "the node itself comes in again", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go func() { _ = again.Watch(ctx, mallory) }()
		<-ctx.Done()
		return again.Digest() == p.GetDigest()
	})
}

// Without certificates the address is all there is to tell clients apart.
func TestOneAddressIsBounded(t *testing.T) {
	t.Parallel()
	r := guard(t, nil, 20)
	r.tries(t, "", 3, 30, 20)
}

// Connections before the end of their handshake are bounded too, and keep none out for long.
func TestSilentConnectionsKeepNobodyOut(t *testing.T) {
	t.Parallel()
	r := guard(t, testkit.NewAuthority(t), 0)
	for range 600 {
		c, err := net.Dial("tcp", r.address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	if _, err := r.dial(t, "operator/ann").Status(deadline(t),
		&configpb.StatusRequest{}); err != nil {
		t.Error(err)
	}
}

// A stream that begins again and again is told to wait, and one that says too much is read slowly.
func TestANodeThatNeverRestsIsHeldBack(t *testing.T) {
	t.Parallel()
	r := guard(t, nil, 0)
	client := r.dial(t, "")
	refused := 0
	for range 40 {
		ctx, cancel := context.WithCancel(deadline(t))
		w, err := client.Watch(ctx)
		if err != nil {
			t.Fatal(err)
		}
		_ = w.Send(&configpb.NodeMessage{Message: &configpb.NodeMessage_Hello{
			Hello: &configpb.Hello{Node: "restless", BootId: "b"},
		}})
		if _, err := w.Recv(); status.Code(err) == codes.ResourceExhausted {
			refused++
		}
		cancel()
	}
	if refused == 0 {
		t.Error("40 streams in a row were let in")
	}
	w, err := client.Watch(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Send(&configpb.NodeMessage{Message: &configpb.NodeMessage_Hello{
		Hello: &configpb.Hello{Node: "loud", BootId: "b"},
	}})
	sent := make(chan int, 1)
	go func() {
		n := 0
		for ; n < 500_000 && w.Send(&configpb.NodeMessage{
			Message: &configpb.NodeMessage_Heartbeat{Heartbeat: &configpb.Heartbeat{}},
		}) == nil; n++ {
		}
		sent <- n
	}()
	select {
	case n := <-sent:
		t.Errorf("%d heartbeats were taken at once", n)
	case <-time.After(3 * time.Second):
	}
}

// What waits to be checked is bounded, so that no number of publishes takes more than some memory.
func TestConfigurationsAreCheckedOneByOne(t *testing.T) {
	t.Parallel()
	r := start(t, folder(t), nil, nil)
	bad := []byte("b: [" + strings.Repeat("1,", 45_000) + "]\n#" + strings.Repeat("x", 1<<20))
	var group sync.WaitGroup
	var mu sync.Mutex
	said := map[codes.Code]int{}
	for range 30 {
		group.Go(func() {
			_, err := r.client.Publish(deadline(t), &configpb.PublishRequest{Config: bad})
			mu.Lock()
			defer mu.Unlock()
			said[status.Code(err)]++
		})
	}
	group.Wait()
	if said[codes.OK] == 0 || said[codes.ResourceExhausted] == 0 || len(said) != 2 {
		t.Errorf("30 publishes at once: %v", said)
	}
}
