package node

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// It is told when each certificate ends that is used, wherever that is; of authorities when the
// last does.
func TestCertificatesThatAreUsedAreTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := testkit.NewAuthority(t)
	soon := time.Now().Add(48 * time.Hour).Truncate(time.Second)
	a.Leaf(t, func(c *x509.Certificate) { c.NotAfter = soon }, "edge.test").Write(t, dir, "client")
	ca := filepath.Join(dir, "ca.pem")
	leaf, err := os.ReadFile(filepath.Join(dir, "client.pem"))
	if err != nil {
		t.Fatal(err)
	}
	// one that ends sooner beside the authority
	if err := os.WriteFile(ca, append(leaf, a.PEM...), 0o600); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "missing.pem")
	if err := os.WriteFile(missing, a.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	d, ps := config.Decode(filepath.Join(dir, "gateway.yaml"), fmt.Appendf(nil, `version: 1
listeners:
  - {name: public, address: 127.0.0.1:0, tls: {certificates: [{cert: client.pem, key: client.key}],
     client_ca: ca.pem}}
clusters:
  - {name: a, endpoints: [{address: "127.0.0.1:1"}], security: {mode: mtls, ca: ca.pem,
     server_name: a, cert: client.pem, key: client.key}}
  - {name: b, endpoints: [{address: "127.0.0.1:1"}], security: {mode: tls, ca: missing.pem,
     server_name: b}}
routes: [{name: a, cluster: a}]
`))
	if d == nil {
		t.Fatal(ps)
	}
	if err := os.Remove(missing); err != nil { // what can't be read later is left out
		t.Fatal(err)
	}
	got := map[string]time.Time{}
	for _, u := range used(d) {
		got[u.Use+" "+u.Name+" "+u.Kind] = u.NotAfter
	}
	if len(got) != 3 || !got["clusters a certificate"].Equal(soon) {
		t.Fatalf("told are %v", got)
	}
	for _, of := range []string{"listeners public authority", "clusters a authority"} {
		if !got[of].After(soon) {
			t.Errorf("%s ends at %v, as the first of them", of, got[of])
		}
	}
}
