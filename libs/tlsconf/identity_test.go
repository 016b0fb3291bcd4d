package tlsconf

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net/url"
	"strings"
	"testing"
)

func certificate(t *testing.T, cn string, dns []string, uris ...string) *x509.Certificate {
	c := &x509.Certificate{
		Raw: []byte("raw"), Subject: pkix.Name{CommonName: cn, Organization: []string{"Example"}},
		DNSNames: dns,
	}
	for _, s := range uris {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		c.URIs = append(c.URIs, u)
	}
	return c
}

func TestARouteIsForTheClientsItNames(t *testing.T) {
	id := newIdentity(certificate(t, "ops", []string{"Ops.Example.com"}, "spiffe://prod/ops/a"))
	for _, names := range [][]string{
		nil, {"CN=ops,O=Example"}, {"ops.example.com"}, {"OPS.example.COM"}, {"*.example.com"},
		{"spiffe://prod/*"}, {"spiffe://prod/ops/a"}, {"nobody", "*.example.com"},
	} {
		c, err := NewClients(names)
		if err != nil || !c.Allows(id) {
			t.Errorf("%q does not let in %s: %v", names, id.Subject, err)
		}
		if allows := c.Allows(nil); allows != (names == nil) {
			t.Errorf("%q and nobody: %v", names, allows)
		}
	}
	for _, names := range [][]string{
		{"CN=ops"}, {"example.com"}, {"*.com"}, {"*.ops.example.com"}, {"spiffe://prod/ops"},
		{"spiffe://test/*"}, {"cn=ops,o=example"}, {"ops"},
	} {
		c, err := NewClients(names)
		if err != nil || c.Allows(id) {
			t.Errorf("%q lets in %s, %q and %q: %v", names, id.Subject, id.DNS, id.URIs, err)
		}
	}
	for _, name := range []string{
		"", "*", "a*b", "a.*.b", "*.*.b", "spiffe://*/a", "spiffe://a*/*", "CN=*", "two words",
		"a:1", "a/b",
	} {
		if _, err := NewClients([]string{name}); err == nil {
			t.Errorf("%q is taken for a name", name)
		}
	}
}

// A name cannot be one kind in a certificate and another in a rule: a DNS name that
// looks like a subject is none.
func TestAKindOfNameIsNotTakenForAnother(t *testing.T) {
	c, err := NewClients([]string{"CN=ops,O=Example", "spiffe://prod/ops"})
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"cn=ops,o=example", "spiffe://prod/ops"}
	if id := newIdentity(certificate(t, "x", names)); c.Allows(id) {
		t.Errorf("%q is let in as another", id.DNS)
	}
}

// FuzzForwardedClient holds that no certificate can write anything into the field but
// its own values.
func FuzzForwardedClient(f *testing.F) {
	f.Add("ops", "a.test", "spiffe://a/b")
	f.Add(`x";Subject="CN=root`, "b\r\nX-Admin: yes", `spiffe://a/";DNS="root`)
	f.Add("é%22", "", "http://\\\"")
	f.Fuzz(func(t *testing.T, cn, dns, uri string) {
		c := &x509.Certificate{
			Raw: []byte("raw"), Subject: pkix.Name{CommonName: cn}, DNSNames: []string{dns},
		}
		if u, err := url.Parse(uri); err == nil {
			c.URIs = []*url.URL{u}
		}
		field := string(newIdentity(c).Forwarded())
		var keys []string
		for rest := field; rest != ""; {
			key, value, ok := strings.Cut(rest, "=")
			if !ok {
				t.Fatalf("%q: no value in %q", field, rest)
			}
			keys = append(keys, key)
			if key == "Hash" {
				_, rest, _ = strings.Cut(value, ";")
				continue
			}
			if value[0] != '"' {
				t.Fatalf("%q: %s is not quoted", field, key)
			}
			end := 1
			for ; value[end] != '"'; end++ {
				if c := value[end]; c < ' ' || c > '~' {
					t.Fatalf("%q has the byte %x", field, c)
				}
				if value[end] == '\\' {
					end++
				}
			}
			rest = strings.TrimPrefix(value[end+1:], ";")
		}
		if got := strings.Join(keys, " "); got != "Hash Subject URI DNS" &&
			got != "Hash Subject DNS" {
			t.Fatalf("%q has the parts %s", field, got)
		}
	})
}
