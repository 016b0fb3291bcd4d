package certificate

import (
	"fmt"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

func TestCertificatesCount(t *testing.T) {
	a, err := New(&config.ClientCertificates{Name: "machines", Clients: []config.CertifiedClients{
		{Names: []string{"CN=ops,O=Example", "*.ops.test"}, Scopes: []string{"write"},
			Roles: []string{"ops"}},
		{Names: []string{"spiffe://prod/*", "CN=ops,O=Example"}, Scopes: []string{"read"}},
		{},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		certificate *tlsconf.Identity
		want        auth.Verdict
		identity    string
	}{
		{nil, auth.Absent, ""},
		{&tlsconf.Identity{Subject: "CN=other", Hash: "1"}, auth.Refused, ""},
		{&tlsconf.Identity{Subject: "CN=ops,O=Example", Hash: "2"}, auth.Accepted,
			"CN=ops,O=Example [write read] [ops]"},
		{&tlsconf.Identity{URIs: []string{"spiffe://prod/a"}, Hash: "3"}, auth.Accepted,
			"spiffe://prod/a [read] []"},
		{&tlsconf.Identity{DNS: []string{"a.ops.test"}, Hash: "4"}, auth.Accepted,
			"a.ops.test [write] [ops]"},
	} {
		r := &policy.Request{Certificate: c.certificate}
		o := a.Authenticate(r)
		if o.Verdict != c.want || (o.Rule == "") != (c.want == auth.Accepted) {
			t.Fatalf("%+v: %+v", c.certificate, o)
		}
		if n := testing.AllocsPerRun(100, func() { a.Authenticate(r) }); n > 0 {
			t.Errorf("%+v: %v allocations", c.certificate, n)
		}
		if c.want != auth.Accepted {
			continue
		}
		id := o.Identity
		if got := fmt.Sprint(id.Subject, " ", id.Scopes, " ", id.Roles); got != c.identity {
			t.Errorf("%+v is %s", c.certificate, got)
		}
	}
	// More than are remembered.
	for i := range 2 * remembered {
		id := &tlsconf.Identity{Subject: fmt.Sprint("CN=", i), Hash: fmt.Sprint("x", i)}
		if o := a.Authenticate(&policy.Request{Certificate: id}); o.Verdict != auth.Refused {
			t.Fatalf("%+v", o)
		}
	}
	bad := &config.ClientCertificates{Clients: []config.CertifiedClients{{Names: []string{"*"}}}}
	if _, err := New(bad); err == nil {
		t.Error("a name that can't be read is taken")
	}
}
