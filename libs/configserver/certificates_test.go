package configserver_test

import (
	"context"
	"crypto/tls"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/configserver"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A certificate is renewed while config-sync runs: it shows the new one, asks for certificates of
// the new authority, and keeps what it has when the files don't fit together.
func TestARenewedCertificateNeedsNoRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key, clients := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"),
		filepath.Join(dir, "clients.pem")
	write := func(file string, text []byte) {
		t.Helper()
		if err := testkit.Replace(file, string(text)); err != nil {
			t.Fatal(err)
		}
	}
	first, second := testkit.NewAuthority(t), testkit.NewAuthority(t)
	for _, file := range []string{cert, key, clients} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	leaf := first.Leaf(t, nil, "127.0.0.1")
	write(cert, leaf.Cert)
	write(key, leaf.Key)
	write(clients, first.PEM)

	ctx, cancel := context.WithCancel(t.Context())
	addresses := make(chan string, 1)
	out := &lines{found: func(line string) {
		if m := regexp.MustCompile(`listener grpc: grpcs://([0-9.:]+)\n`).
			FindStringSubmatch(line); m != nil {
			addresses <- m[1]
		}
	}}
	ended := make(chan int, 1)
	go func() {
		ended <- shell(out).Run(ctx,
			[]string{
				"--port", "0", "--store", filepath.Join(dir, "store"), "--admin", "off",
				"--tls-cert", cert, "--tls-key", key, "--client-ca", clients,
			}, new(configserver.Service))
	}()
	defer func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("exit code %d: %s", code, out)
		}
	}()
	address := <-addresses

	// accepts tells whether a client with a certificate of one authority is let in by a server with
	// one of another.
	accepts := func(client, server *testkit.Authority) bool {
		mine := client.Leaf(t, nil, "client")
		pair, err := tls.X509KeyPair(mine.Cert, mine.Key)
		if err != nil {
			t.Fatal(err)
		}
		d := tls.Dialer{
			Config: &tls.Config{
				RootCAs: server.Pool(), Certificates: []tls.Certificate{pair},
				NextProtos: []string{"h2"},
			},
		}
		c, err := d.DialContext(ctx, "tcp", address)
		if err != nil {
			return false
		}
		defer c.Close()
		// A server says only after the handshake that it does not want a client's certificate.
		_ = c.SetDeadline(time.Now().Add(testkit.Deadline))
		_, err = io.ReadFull(c, make([]byte, 9)) // the SETTINGS of HTTP/2
		return err == nil
	}
	if !accepts(first, first) || accepts(second, first) {
		t.Fatal("it does not begin with the certificates that it was given")
	}
	other := second.Leaf(t, nil, "127.0.0.1")
	write(cert, other.Cert) // whose key is not there yet
	write(clients, second.PEM)
	if !accepts(first, first) {
		t.Error("files that don't fit together were taken")
	}
	write(key, other.Key)
	testkit.Eventually(t, "the new certificates are in use", func() bool {
		return accepts(second, second)
	})
	if accepts(first, second) {
		t.Error("the old authority is still trusted")
	}
}
