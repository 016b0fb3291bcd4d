package tls_test

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A damager damages the end of each record that a server reads once its handshake is done, so that
// it answers with an alert of its own, encrypted as that of the version is.
type damager struct {
	net.Conn
	in     *bufio.Reader
	left   int  // of the record that is being read
	shaken bool // the handshake is done
}

// Read reads of one record at a time: what came behind the handshake must not be read with it.
func (d *damager) Read(p []byte) (int, error) {
	if d.left == 0 {
		head, err := d.in.Peek(5)
		if err != nil {
			return 0, err
		}
		d.left = len(head) + int(binary.BigEndian.Uint16(head[3:]))
	}
	n, err := d.in.Read(p[:min(len(p), d.left)])
	if d.left -= n; d.left == 0 && d.shaken {
		p[n-1] ^= 1
	}
	return n, err
}

// damaging is an endpoint that answers a request with the alert "bad record MAC".
func damaging(t *testing.T, leaf tls.Certificate, version uint16, protocol string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = ln.Close(); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			d := &damager{Conn: conn, in: bufio.NewReader(conn)}
			secured := tls.Server(d, &tls.Config{
				Certificates: []tls.Certificate{leaf}, NextProtos: []string{protocol},
				MinVersion: version, MaxVersion: version,
			})
			if secured.Handshake() == nil {
				d.shaken = true
				_, _ = io.Copy(io.Discard, secured) // the alert is sent when this fails
			}
			_ = conn.Close()
		}
	}()
	return ln.Addr().String()
}

// What an endpoint ends TLS with behind the handshake is told by gateway why too, with each version
// of TLS.
func TestWhyNamesAnAlertBehindTheHandshake(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "ca.pem"), authority.PEM)
	leaf := authority.Leaf(t, nil, "up.test").TLS(t)
	var clusters, routes strings.Builder
	var names []string
	for protocol, alpn := range map[string]string{"http1": "http/1.1", "h2": "h2"} {
		for version, number := range map[string]uint16{
			"12": tls.VersionTLS12, "13": tls.VersionTLS13,
		} {
			name := protocol + "-" + version
			names = append(names, name)
			fmt.Fprintf(&clusters, "  - {name: %s, protocol: %s, endpoints: [{address: %q}], "+
				"security: {mode: tls, ca: ca.pem, server_name: up.test}}\n", name, protocol,
				damaging(t, leaf, number, alpn))
			fmt.Fprintf(&routes, "  - {name: %s, cluster: %s, path_prefix: /%s}\n", name, name,
				name)
		}
	}
	e, err := testkit.RunEdge(dir,
		"version: 1\nlisteners: [{name: public, address: \"127.0.0.1:0\"}]\nclusters:\n"+
			clusters.String()+"routes:\n"+routes.String()+"admin: {address: \"127.0.0.1:0\"}\n")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	client := testkit.Dial(t, e.Addr("public"))
	const want = "the endpoint ended TLS: TLS alert bad record MAC"
	for _, name := range names {
		r := client.Exchange(t, "GET", "GET /"+name+" HTTP/1.1\r\nHost: a.test\r\n\r\n")
		if r.Status != 502 || !strings.Contains(string(r.Body), "GW_UPSTREAM_TLS") {
			t.Errorf("%s: %d %s", name, r.Status, r.Body)
		}
		id := r.Fields.Get("X-Request-Id")
		var why admin.Explanation
		testkit.Eventually(t, "/why knows the request", func() bool {
			status, _, body, err := e.Ask("GET", "/why/"+id)
			return err == nil && status == http.StatusOK && json.Unmarshal(body, &why) == nil
		})
		if n := len(why.Attempts); n == 0 || !strings.Contains(why.Attempts[n-1].Failure, want) ||
			why.Code != "GW_UPSTREAM_TLS" {
			t.Errorf("%s: %+v", name, why)
		}
	}
}
