package rig

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
)

func TestAllTerminateTLSWithOneCertificate(t *testing.T) {
	t.Parallel()
	s := site(t).For(Secure())
	if err := s.WriteCertificate(); err != nil {
		t.Fatal(err)
	}
	if _, err := tls.LoadX509KeyPair(filepath.Join(s.Dir, certFile),
		filepath.Join(s.Dir, keyFile)); err != nil {
		t.Error(err)
	}
	pair, err := os.ReadFile(filepath.Join(s.Dir, pairFile))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tls.X509KeyPair(pair, pair); err != nil {
		t.Error(err)
	}
	d := document(t, edgeConf(s, listen))
	if l := d.Listeners[0].TLS; l == nil || len(l.Certificates) != 1 ||
		len(d.Routes) != len(fewRoutes) {
		t.Errorf("%+v", d.Listeners[0])
	}
	nginx, haproxy := nginxConf(s, listen), haproxyConf(s, listen)
	if n := strings.Count(nginx, "listen "+listen+" ssl http2"); n != 3 ||
		!strings.Contains(nginx, cipherSuite) {
		t.Errorf("%d servers of nginx listen with TLS in\n%s", n, nginx)
	}
	for _, want := range []string{
		" ssl crt " + filepath.Join(s.Dir, pairFile) +
			" alpn h2,http/1.1", cipherSuite, "X-Forwarded-Proto https",
	} {
		if !strings.Contains(haproxy, want) {
			t.Errorf("%q is missing in\n%s", want, haproxy)
		}
	}
	if plain := nginxConf(site(t), listen) +
		haproxyConf(site(t), listen); strings.Contains(plain, "ssl") {
		t.Errorf("there is TLS where there should be none:\n%s", plain)
	}
	for _, make := range []func() (Server, error){
		func() (Server, error) { return EdgeProxy(s, Found{}, listen, "") },
		func() (Server, error) { return NginxProxy(s, Found{}, listen) },
		func() (Server, error) { return HAProxyProxy(s, Found{}, listen) },
	} {
		if server, err := make(); err != nil || server.Speaks != load.HTTPS {
			t.Errorf("%+v, %v", server, err)
		}
	}
}

func TestCallsGoOverHTTP2OnBothSides(t *testing.T) {
	t.Parallel()
	s := site(t).For(Calls("bench.Echo"))
	d := document(t, edgeConf(s, listen))
	if d.Clusters[0].Protocol != config.ClusterH2C || d.Routes[0].PathPrefix != "/bench.Echo" {
		t.Errorf("%+v, %+v", d.Clusters[0], d.Routes[0])
	}
	nginx, haproxy := nginxConf(s, listen), haproxyConf(s, listen)
	if !strings.Contains(nginx, "location /bench.Echo/ { grpc_pass grpc://bench; }") ||
		strings.Contains(nginx, "proxy_pass") ||
		!strings.Contains(nginx, "listen "+listen+" http2") ||
		!strings.Contains(nginx, "grpc_set_header X-Request-Id") {
		t.Errorf("nginx:\n%s", nginx)
	}
	if strings.Count(haproxy, "proto h2") != 2 ||
		!strings.Contains(haproxy, "path_beg /bench.Echo/") {
		t.Errorf("haproxy:\n%s", haproxy)
	}
	if s.speaks() != load.TCP || EchoServer("x", listen, []string{"a"}).Speaks != load.TCP {
		t.Error("these servers would be asked over HTTP/1.1 whether they are up")
	}
	if few := Few(); few.routes[0].prefix != "/files" {
		t.Errorf("the usual duty changed: %+v", few)
	}
}

func TestThereIsRoomForSockets(t *testing.T) {
	t.Parallel()
	s := site(t).For(Sockets(9000))
	d := document(t, edgeConf(s, listen))
	if d.Listeners[0].Limits.MaxConnections != 9050 || d.Clusters[0].Limits.MaxConnections != 9050 {
		t.Errorf("%+v, %+v", d.Listeners[0].Limits, d.Clusters[0].Limits)
	}
	nginx, haproxy := nginxConf(s, listen), haproxyConf(s, listen)
	for _, want := range []string{
		"worker_rlimit_nofile 18100;", "worker_connections 18100;", "Upgrade $http_upgrade",
		"Connection $connection_upgrade", "proxy_read_timeout 1h",
	} {
		if !strings.Contains(nginx, want) {
			t.Errorf("nginx: %q is missing in\n%s", want, nginx)
		}
	}
	if !strings.Contains(haproxy, "maxconn 9050") ||
		!strings.Contains(haproxy, "timeout tunnel 1h") {
		t.Errorf("haproxy:\n%s", haproxy)
	}
}
