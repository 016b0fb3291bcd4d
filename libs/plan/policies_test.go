package plan_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/gatewayhomebrew/gateway/docs"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/plan"
)

// policyNames are the policies that a route has, in their order.
func policyNames(t *testing.T, change func(*config.Route)) []string {
	t.Helper()
	d := config.New()
	d.Clusters = []config.Cluster{config.NewCluster("c", "127.0.0.1:1")}
	d.Routes = []config.Route{config.NewRoute("r", "c")}
	change(&d.Routes[0])
	_ = config.Validate(d) // which reads OpenAPI documents
	p, err := plan.Build(d)
	if err != nil {
		t.Fatal(err)
	}
	return p.Routes[0].Policies.Names()
}

// asksForAll has a route ask for every policy.
func asksForAll(t *testing.T) func(*config.Route) {
	page := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(page, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	api := filepath.Join(t.TempDir(), "api.yaml")
	if err := os.WriteFile(api, []byte("openapi: 3.1.0\npaths: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(r *config.Route) {
		r.ErrorPages = []config.ErrorPage{
			{On: []string{"5xx"}, From: config.ErrorsOfGateway, File: page},
		}
		r.OpenAPI = &config.RouteOpenAPI{
			Spec: api, Requests: config.ContractEnforce, MaxBodyBytes: 1,
			Unchecked: config.UncheckedPass,
		}
		asksForTheOthers(r)
	}
}

func asksForTheOthers(r *config.Route) {
	r.Clients = &config.RouteAddresses{
		Deny: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
	}
	r.CORS = &config.CORS{Origins: []string{"https://a.test"}}
	r.ClientCertificate = &config.RouteClients{Names: []string{"client.test"}}
	r.MaxBodyBytes = 1
	r.Compress = config.NewCompress()
	r.RateLimit = []config.RateLimit{config.NewRateLimit(1)}
	r.Limit = &config.Limit{Concurrent: 1}
	r.Headers = &config.RouteHeaders{}
	r.Headers.Request.Set = map[string]string{"X-A": "1"}
	r.PathPrefix, r.Rewrite = "/a/", &config.Rewrite{StripPrefix: true}
	r.Redirect, r.Respond = &config.Redirect{Scheme: "https"}, &config.Respond{Body: "hello"}
}

func TestPoliciesStandInTheDocumentedOrder(t *testing.T) {
	var want []string
	entry := regexp.MustCompile("(?m)^[0-9]+\\. `([a-z_]+)` ")
	for _, m := range entry.FindAllStringSubmatch(docs.Policies, -1) {
		if m[1] != "auth" { // there is no authenticator yet that it could ask
			want = append(want, m[1])
		}
	}
	if got := policyNames(t, asksForAll(t)); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("a route that asks for every policy has %v; docs/policies.md lists %v", got, want)
	}
}

func TestARouteHasOnlyThePoliciesItAsksFor(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*config.Route)
		want   []string
	}{
		{"nothing", func(r *config.Route) { r.MaxBodyBytes = 0 },
			[]string{"grpc_timeout"}},
		{"a limit", func(r *config.Route) { r.MaxBodyBytes = 7 },
			[]string{"grpc_timeout", "max_body_bytes"}},
	} {
		if got := policyNames(t, tc.change); !slices.Equal(got, tc.want) {
			t.Errorf("%s: the policies are %v, want %v", tc.name, got, tc.want)
		}
	}
}
