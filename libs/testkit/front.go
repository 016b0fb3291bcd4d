package testkit

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// FrontName is the name in the certificate that a Front shows to clients.
const FrontName = "edge.test"

// EndpointName is the name that a Front wants to find in the certificates of its endpoints.
const EndpointName = "endpoint.test"

// A Front is an edge that can be reached in all ways: its listener "plain" speaks HTTP/1.1 and
// HTTP/2 with prior knowledge, "h2c" only the latter, "tls" both by ALPN. Its one route goes to one
// cluster.
type Front struct {
	*Process
	Authority *Authority
	CA        string // the file with the authority's certificate
}

// A Cluster is what stands behind a Front.
type Cluster struct {
	Address  string
	Second   string // a second endpoint, unless it is ""
	Protocol string // http1, h2c, or h2, which is with TLS; "" is http1
	Security string // of the cluster, as {mode: …}; "" is by the protocol
	More     string // more of the cluster, as `, key: value`
	Route    string // more of the one route, as `, key: value`
	Listener string // more of all listeners, as `, key: value`
	Top      string // more of the configuration, as whole lines
}

// StartFront runs an edge. Over TLS the endpoint must show a leaf of the authority, for
// EndpointName.
func StartFront(t testing.TB, authority *Authority, o Cluster) *Front {
	t.Helper()
	dir := t.TempDir()
	authority.Leaf(t, nil, FrontName, "localhost", "127.0.0.1").Write(t, dir, "front")
	f := &Front{Authority: authority, CA: filepath.Join(dir, "ca.pem")}
	if err := os.WriteFile(f.CA, authority.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	protocol, security := "http1", "{mode: none}"
	if o.Protocol != "" {
		protocol = o.Protocol
	}
	if protocol == "h2" {
		security = fmt.Sprintf("{mode: tls, ca: %q, server_name: %s}", f.CA, EndpointName)
	}
	if o.Security != "" {
		security = o.Security
	}
	endpoints := fmt.Sprintf("{address: %q}", o.Address)
	if o.Second != "" {
		endpoints += fmt.Sprintf(", {address: %q}", o.Second)
	}
	var err error
	f.Process, err = RunEdge(dir, fmt.Sprintf(`version: 1
listeners:
  - {name: plain, address: "127.0.0.1:0"%[1]s}
  - {name: h2c, address: "127.0.0.1:0", http1: false%[1]s}
  - {name: tls, address: "127.0.0.1:0", tls: {certificates: [{cert: front.pem, key: front.key}]}%[1]s}
clusters: [{name: up, protocol: %[2]s, security: %[3]s, endpoints: [%[4]s]%[5]s}]
routes: [{name: all, cluster: up%[6]s}]
admin: {address: "127.0.0.1:0"}
%[7]s`, o.Listener, protocol, security, endpoints, o.More, o.Route, o.Top))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.Kill()
		if t.Failed() {
			t.Logf("the edge's stderr:\n%s", clipText(f.Stderr()))
		}
	})
	return f
}

// TLS is what a client of the listener "tls" needs, with ALPN for the protocols.
func (f *Front) TLS(protocols ...string) *tls.Config {
	return &tls.Config{RootCAs: f.Authority.Pool(), ServerName: FrontName, NextProtos: protocols}
}
