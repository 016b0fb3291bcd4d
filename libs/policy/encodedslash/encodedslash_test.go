package encodedslash

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

func TestAnEncodedSlashIsRefusedUnlessItIsAllowed(t *testing.T) {
	if p, err := New(&config.Route{AllowEncodedSlash: true}); p != nil || err != nil {
		t.Errorf("a route that allows it has %v, %v", p, err)
	}
	p, err := New(&config.Route{})
	if err != nil {
		t.Fatal(err)
	}
	for _, encoded := range []bool{false, true} {
		a := p.(policy.OnRequest).OnRequest(&policy.Request{
			Head: &http1.RequestHead{EncodedSlash: encoded},
		})
		if refused := a != nil && a.Close; refused != encoded {
			t.Errorf("encoded slash %t: %+v", encoded, a)
		}
	}
}
