package main_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/gatewayhomebrew/gateway/libs/healthpb"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

type receipt struct {
	Result       string   `json:"result"`
	Reason       string   `json:"reason"`
	Message      string   `json:"message"`
	NeedsRestart []string `json:"needs_restart"`
}

func (a *agg) reload(t *testing.T) (r receipt) {
	t.Helper()
	a.Decode(t, http.MethodPost, "/reload", &r)
	return r
}

// dial asks for the fleet as a client with these certificates.
func dial(t *testing.T, address string, server *x509.CertPool, client ...tls.Certificate) error {
	t.Helper()
	conn, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
			RootCAs: server, ServerName: "localhost", Certificates: client,
			MinVersion: tls.VersionTLS12,
		})))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err = healthpb.NewHealthClient(conn).GetFleet(ctx, &healthpb.GetFleetRequest{})
	return err
}

// Certificates that are replaced on disk are shown, and other clients taken, without a restart;
// broken ones are refused, and those before stay.
func TestCertificatesAreReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, second := testkit.NewAuthority(t), testkit.NewAuthority(t)
	put := func(ca *testkit.Authority) (cert, key, clients string, client tls.Certificate) {
		clients = filepath.Join(dir, "clients.pem")
		if err := testkit.Replace(clients, string(ca.PEM)); err != nil {
			t.Fatal(err)
		}
		cert, key = ca.Leaf(t, nil, "localhost").Write(t, dir, "server")
		return cert, key, clients, ca.Leaf(t, nil, "operator").TLS(t)
	}
	cert, key, clients, one := put(first)
	a := startAgg(t, t.TempDir(), strings.Replace(document("agg", "127.0.0.1:0"), `healthagg: {`,
		`healthagg: {tls: {certificates: [{cert: `+cert+`, key: `+key+`}], client_ca: `+clients+
			`}, `, 1))
	if err := dial(t, a.Addr("grpc"), first.Pool(), one); err != nil {
		t.Errorf("a client with a certificate: %v", err)
	}
	if dial(t, a.Addr("grpc"), first.Pool()) == nil {
		t.Error("a client without one is taken")
	}
	_, _, _, two := put(second)
	testkit.Within(t, time.Minute, "the file is noticed", func() bool {
		return dial(t, a.Addr("grpc"), second.Pool(), two) == nil
	})
	if dial(t, a.Addr("grpc"), second.Pool(), one) == nil {
		t.Error("a client of the authority before is taken")
	}
	if err := os.WriteFile(key, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	// A certificate that can't be used any more keeps its last good pair, and stops nothing else.
	if r := a.reload(t); r.Result != "applied" {
		t.Errorf("a broken key: %+v", r)
	}
	if err := dial(t, a.Addr("grpc"), second.Pool(), two); err != nil {
		t.Errorf("after a broken key: %v", err)
	}
}

// The receipt says what of a new document takes a restart, and a document with problems is refused.
func TestWhatAReloadSays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := startAgg(t, dir, document("agg", "127.0.0.1:0"))
	for _, c := range []struct {
		document, result string
		restart          []string
	}{
		{a.config, "unchanged", nil},
		{strings.Replace(a.config, "join: []", `join: ["127.0.0.1:1"]`, 1), "applied", nil},
		{
			strings.Replace(a.config, "healthagg: {", "healthagg: {max_events: 500, ", 1),
			"applied", []string{"healthagg"},
		},
		{
			strings.Replace(a.config, "name: agg", "name: other", 1), "applied",
			[]string{"gossip", "healthagg"},
		},
		{"version: 1\nhealthagg: {}\n", "refused", nil},
		{a.config + "clusters: 7\n", "refused", nil},
	} {
		if err := testkit.Replace(a.Config(), c.document); err != nil {
			t.Fatal(err)
		}
		r := a.reload(t)
		if r.Result == "unchanged" && c.result == "applied" {
			r.Result = "applied" // the file was noticed before it was asked for
		} else if r.Result != c.result ||
			!slices.Equal(r.NeedsRestart, c.restart) && len(r.NeedsRestart)+len(c.restart) > 0 {
			t.Errorf("%s: %+v", c.document, r)
		}
	}
	if err := os.Remove(a.Config()); err != nil {
		t.Fatal(err)
	}
	if r := a.reload(t); r.Result != "refused" || r.Reason != "read" {
		t.Errorf("without its file: %+v", r)
	}
	a.fleet(t)
}
