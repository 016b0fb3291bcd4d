package clientcert

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/policy"
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
	if a := p.(policy.OnRequest).OnRequest(&policy.Request{}); a != refused {
		t.Errorf("it is answered with %+v", a)
	}
}

func TestANameThatCannotBeReadIsAnError(t *testing.T) {
	c := &config.Route{ClientCertificate: &config.RouteClients{Names: []string{"*"}}}
	if _, err := New(c); err == nil {
		t.Error("it makes a policy")
	}
}
