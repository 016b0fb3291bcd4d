package plan_test

import (
	"reflect"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/plan"
)

// build makes the plan of a document with one route, changed by edit.
func build(t *testing.T, edit func(*config.Route)) *plan.Route {
	t.Helper()
	d := config.New()
	d.Clusters = []config.Cluster{
		config.NewCluster("a", "127.0.0.1:1"), config.NewCluster("b", "127.0.0.1:2"),
	}
	r := config.NewRoute("r", "a")
	edit(&r)
	d.Routes = []config.Route{r}
	p, err := plan.Build(d)
	if err != nil {
		t.Fatal(err)
	}
	return &p.Routes[0]
}

func TestASplitHasATargetForEachShare(t *testing.T) {
	r := build(t, func(r *config.Route) {
		r.Cluster = ""
		r.Split = []config.Share{{Cluster: "b", Weight: 3}, {Cluster: "a", Weight: 1}}
	})
	if len(r.Targets) != 2 || r.Targets[0].Cluster != 1 || r.Targets[1].Cluster != 0 ||
		r.Split.Len() != 4 {
		t.Errorf("targets %+v, a round of %d", r.Targets, r.Split.Len())
	}
	if one := build(t, func(*config.Route) {}); one.Split != nil || len(one.Targets) != 1 {
		t.Errorf("a route to one cluster has a schedule, or targets %+v", one.Targets)
	}
}

func TestReasonsToRetry(t *testing.T) {
	r := build(t, func(r *config.Route) {
		r.Retry = &config.Retry{
			Attempts: 4, On: []string{"reset", "500", "563", "599"}, Budget: 0.5,
		}
	}).Retry
	if r.Default || r.Attempts != 4 || r.Connect || !r.Reset || r.Budget != 0.5 {
		t.Errorf("got %+v", r)
	}
	for status, want := range map[int]bool{
		0: false, 200: false, 499: false, 500: true, 501: false, 563: true, 564: false, 599: true,
		600: false,
	} {
		if r.Status(status) != want {
			t.Errorf("status %d: %v", status, !want)
		}
	}
	r = build(t, func(*config.Route) {}).Retry
	if !r.Default || !r.Connect || r.Reset || r.Status(503) || r.Attempts != 2 {
		t.Errorf("without a policy: %+v, want connect only, twice", r)
	}
}

func TestRewrites(t *testing.T) {
	for _, tc := range []struct {
		match, replace string
		strip          bool
		path, want     string
	}{
		{"/a", "", true, "/a/b", "/b"},
		{"/a", "", true, "/a", "/"},
		{"/a/", "", true, "/a/", "/"},
		{"/a", "/x/y", false, "/a/b", "/x/y/b"},
		{"/a", "/x/", false, "/a", "/x"},
		{"", "/x", false, "/b", "/x/b"},
		{"/", "/x", false, "*", "*"},
		{"/a", "", true, "*", "*"},
	} {
		r := build(t, func(r *config.Route) {
			r.PathPrefix, r.Rewrite = tc.match,
				&config.Rewrite{StripPrefix: tc.strip, ReplacePrefix: tc.replace}
		})
		if got := string(r.Rewrite.Append([]byte("x"), []byte(tc.path))); got != "x"+tc.want ||
			!r.Rewrite.On() {
			t.Errorf("%+v: got %q", tc, got[1:])
		}
	}
	for _, w := range []*config.Rewrite{nil, {}, {StripPrefix: true}} {
		if r := build(t, func(r *config.Route) {
			r.PathPrefix, r.Rewrite = "/", w
		}); r.Rewrite.On() {
			t.Errorf("%+v changes paths", w)
		}
	}
}

// What the engine reads as it was written needs no line in this package, a key that is new
// included.
func TestARouteCarriesTheRouteOfTheDocument(t *testing.T) {
	var written config.Route
	r := build(t, func(r *config.Route) {
		r.Hosts, r.PathPrefix, r.Methods = []string{"a.org"}, "/a", []string{"GET"}
		r.MaxBodyBytes, r.AllowEncodedSlash = 7, true
		r.Headers = &config.RouteHeaders{Response: config.HeaderEdit{Remove: []string{"Server"}}}
		written = *r
	})
	if !reflect.DeepEqual(r.Route, written) {
		t.Errorf("got %+v, want %+v", r.Route, written)
	}
	if r.MaxBodyBytes != 7 || !r.AllowEncodedSlash || r.Name != "r" {
		t.Errorf("the keys are hidden: %d, %v, %q", r.MaxBodyBytes, r.AllowEncodedSlash, r.Name)
	}
}
