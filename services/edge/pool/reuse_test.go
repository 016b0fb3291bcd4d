package pool_test

import (
	"net/http"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// open is an endpoint that needs no credentials.
func open() *domain { return newDomain(200, 1, nil) }

// clusters[].reuse says whose connection a request may use.
func TestReuse(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, client, cluster string) {
		authority := testkit.NewAuthority(t)
		address := edgetest.Serve(t, authority, cluster, open())
		f := testkit.StartFront(t, authority, testkit.Cluster{
			Address: address, Protocol: cluster, More: ", reuse: always",
		})
		newClient := func() func() string {
			c := newCaller(t, f, client)
			return func() string { return c.get(t, "").connection }
		}
		a, b := newClient(), newClient()
		pooled := a()
		for range 3 {
			if b() != pooled || a() != pooled {
				t.Fatal("always: two clients use more than one connection")
			}
		}

		edgetest.Edit(t, f, "reuse: always", "reuse: safe")
		c := newClient()
		first := c()
		if first == pooled {
			t.Error("safe: the first request of a client uses a connection of others")
		}
		again := map[string]bool{pooled: true, first: true}
		for range 4 {
			if conn := c(); !again[conn] {
				t.Errorf("safe: a later request makes another connection")
			}
		}

		edgetest.Edit(t, f, "reuse: safe", "reuse: never")
		d, e := newClient(), newClient()
		mine, others := d(), e()
		if mine == others || again[mine] || again[others] {
			t.Errorf("never: two new clients use %s and %s, and before there were %v",
				mine, others, again)
		}
		for range 3 {
			if d() != mine || e() != others {
				t.Error("never: a client does not keep to its connection")
			}
		}
	})
}

// Idle connections that serve one client each make room when there are as many as there may be.
func TestConnectionsOfOneClientMakeRoom(t *testing.T) {
	t.Parallel()
	for _, cluster := range clusterProtocols {
		t.Run(cluster, func(t *testing.T) {
			t.Parallel()
			authority := testkit.NewAuthority(t)
			d := newDomain(401, 1, http.Header{"Www-Authenticate": {"NTLM"}})
			address := edgetest.Serve(t, authority, cluster, d)
			f := testkit.StartFront(t, authority, testkit.Cluster{
				Address: address, Protocol: cluster,
				More: ", limits: {max_connections: 2, max_pending: 10}",
			})
			for i := range 6 {
				c := newCaller(t, f, "HTTP/1.1")
				if r := c.get(t, "NTLM u"); r.user != "u" {
					t.Fatalf("client %d is answered %+v", i, r)
				}
			}
			plain := newCaller(t, f, "HTTP/1.1")
			if r := plain.get(t, ""); r.status != 401 || r.user != "" {
				t.Errorf("a client without credentials is answered %+v", r)
			}
		})
	}
}
