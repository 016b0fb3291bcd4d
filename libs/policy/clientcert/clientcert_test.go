package clientcert

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

func TestARouteForEverybodyHasNoPolicy(t *testing.T) {
	if p, err := New(&config.Route{}); p != nil || err != nil {
		t.Errorf("it has %v, %v", p, err)
	}
}

func TestAClientWithoutACertificateIsRefused(t *testing.T) {
	p, err := New(&config.Route{ClientCertificate: &config.RouteClients{Names: []string{"a.test"}}})
	if err != nil {
		t.Fatal(err)
	}
	for want, id := range map[string]*tlsconf.Identity{
		"client_certificate: the client showed none, and the route is for a.test": nil,
		"client_certificate: the client's has the names CN=b, b.test and spiffe://b, and the " +
			"route is for a.test": {
			Subject: "CN=b", DNS: []string{"b.test"}, URIs: []string{"spiffe://b"},
		},
	} {
		a := p.(policy.OnRequest).OnRequest(&policy.Request{Certificate: id})
		if a == nil || a.Code != gwerr.Forbidden || a.Rule != want ||
			strings.Contains(a.Message, "test") {
			t.Errorf("it is answered with %+v, want the rule %q", a, want)
		}
	}
}

func TestANameThatCannotBeReadIsAnError(t *testing.T) {
	c := &config.Route{ClientCertificate: &config.RouteClients{Names: []string{"*"}}}
	if _, err := New(c); err == nil {
		t.Error("it makes a policy")
	}
}
