package plan_test

import (
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/routing"
)

func TestAPlanMatches(t *testing.T) {
	d := config.New()
	d.Clusters = []config.Cluster{config.NewCluster("a", "127.0.0.1:1"),
		config.NewCluster("b", "127.0.0.1:2", "127.0.0.1:3")}
	any, users := config.NewRoute("any", "a"), config.NewRoute("users", "b")
	users.Hosts, users.PathPrefix, users.Methods = []string{"*.example.com"}, "/users",
		[]string{"GET"}
	d.Routes = []config.Route{any, users}
	p, err := plan.Build(d)
	if err != nil {
		t.Fatal(err)
	}
	i, outcome := p.Table("").Match([]byte("GET"), []byte("api.example.com"), []byte("/users/7"),
		nil)
	if outcome != routing.Found || p.Routes[i].Name != "users" ||
		p.Clusters[p.Routes[i].Targets[0].Cluster].Name != "b" {
		t.Errorf("route %d, %v", i, outcome)
	}
	if n := len(p.Clusters[1].Endpoints); n != 2 {
		t.Errorf("%d endpoints to pick from, want 2", n)
	}
	if p.Digest != config.Digest(d) {
		t.Errorf("digest %s is not the document's", p.Digest)
	}
}

func TestTheShorterResponseTimeoutCounts(t *testing.T) {
	for _, tc := range []struct{ route, cluster, want time.Duration }{
		{time.Second, 2 * time.Second, time.Second},
		{3 * time.Second, 2 * time.Second, 2 * time.Second},
		{0, 2 * time.Second, 2 * time.Second},
		{time.Second, 0, time.Second},
		{0, 0, 0},
	} {
		d := config.New()
		c, r := config.NewCluster("a", "127.0.0.1:1"), config.NewRoute("r", "a")
		c.Timeouts.Response, r.Timeouts.Request = tc.cluster, tc.route
		d.Clusters, d.Routes = []config.Cluster{c}, []config.Route{r}
		p, err := plan.Build(d)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Routes[0].Targets[0].ResponseTimeout; got != tc.want {
			t.Errorf("route %v, cluster %v: %v, want %v", tc.route, tc.cluster, got, tc.want)
		}
	}
}

func TestADocumentThatWasNotValidatedIsRefused(t *testing.T) {
	d := config.New()
	d.Routes = []config.Route{config.NewRoute("r", "nowhere")}
	if _, err := plan.Build(d); err == nil {
		t.Error("a route to no cluster became a plan")
	}
}
