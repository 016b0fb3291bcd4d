package fields

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

func TestARouteThatChangesNoFieldHasNoPolicy(t *testing.T) {
	for _, c := range []*config.Route{{}, {Headers: &config.RouteHeaders{}}} {
		if p, err := New(c); p != nil || err != nil {
			t.Errorf("it has %v, %v", p, err)
		}
	}
}

func TestFieldsAreChangedBothWays(t *testing.T) {
	c := &config.Route{Headers: &config.RouteHeaders{}}
	c.Headers.Request.Set = map[string]string{"X-In": "1"}
	c.Headers.Response.Remove = []string{"X-Out"}
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	var r policy.Request
	var h policy.Response
	if p.(policy.OnRequest).OnRequest(&r) != nil ||
		p.(policy.OnResponse).OnResponse(&r, &h) != nil {
		t.Error("it answers")
	}
	if got := string(r.Edits.Append(nil, nil)); got != "X-In: 1\r\n" ||
		r.Edits.Drops([]byte("x-out")) {
		t.Errorf("requests get %q", got)
	}
	if got := string(h.Edits.Append(nil, nil)); got != "" || !h.Edits.Drops([]byte("x-out")) {
		t.Errorf("responses get %q", got)
	}
}
