package plan_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

func TestAPlanHasTheValuesOfSecretsAndTheDigestOfReferences(t *testing.T) {
	values := map[string]string{"secret:env:HOST": "a.example.com",
		"secret:env:USERS": "users.internal:9001", "secret:env:KEY": "one"}
	options := config.Options{
		Secrets: func(ref, _ string) (string, error) { return values[ref], nil },
	}
	read := func() *config.Document {
		d, ps := options.Decode("f.yaml", []byte(`version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters: [{name: users, endpoints: [{address: "secret:env:USERS"}]}]
routes:
  - {name: a, cluster: users, hosts: ["secret:env:HOST"],
     headers: {request: {set: {X-Key: "secret:env:KEY"}}}}
`))
		if len(ps) > 0 {
			t.Fatal(ps)
		}
		return d
	}
	d := read()
	p, err := plan.Build(d)
	if err != nil {
		t.Fatal(err)
	}
	if i, _ := p.Table("public").Match([]byte("GET"), []byte("a.example.com"), []byte("/"),
		nil); i != 0 {
		t.Error("the host of the secret has no route")
	}
	if got := p.Clusters[0].Endpoints[0].Address; got != "users.internal:9001" {
		t.Errorf("the endpoint is %s", got)
	}
	var seen policy.Request
	seen.Head = new(http1.RequestHead)
	p.Routes[0].Policies.Request(&seen)
	if got := string(seen.Edits.Append(nil, &seen)); got != "X-Key: one\r\n" {
		t.Errorf("the field is %q", got)
	}
	if p.Digest != config.Digest(d) || strings.Contains(string(config.Show(d)), "a.example.com") {
		t.Error("the document is not what it was")
	}
}
