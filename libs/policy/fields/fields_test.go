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

// What endpoints are told of who the client is comes from the gateway alone.
func TestClientsDoNotSayBesideItWhoTheyAre(t *testing.T) {
	c := &config.Route{Headers: &config.RouteHeaders{}}
	c.Headers.Request.Add = map[string]string{
		"X-User": "{auth.subject}", "X-Group": "{auth.claim.group}", "X-Hop": "{listener}",
	}
	c.Headers.Request.Set = map[string]string{"X-Mail": "{auth.claim.mail}"}
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	r := policy.Request{Listener: "a", Identity: &policy.Identity{Subject: "alice"}}
	p.(policy.OnRequest).OnRequest(&r)
	if got := string(r.Edits.Append(nil, &r)); got != "X-Hop: a\r\nX-User: alice\r\n" {
		t.Errorf("requests get %q", got)
	}
	for name, want := range map[string]bool{
		"x-user": true, "X_User": true, "x-group": true, "x-mail": true, "x_mail": true,
		"x-hop": false, "x_hop": false,
	} {
		if r.Edits.Drops([]byte(name)) != want {
			t.Errorf("%s of clients goes on: %t", name, want)
		}
	}
}
