package changes_test

import (
	"slices"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/changes"
)

func TestKeysOfRoutesAreCompared(t *testing.T) {
	type sides struct{ oldDoc, newDoc config.Document }
	issuer := func(url string) *config.Auth {
		return &config.Auth{JWT: []config.JWT{
			{Name: "main", Issuer: url}, {Name: "other", Issuer: "https://" + url},
		}}
	}
	auth := func() *config.RouteAuth { return &config.RouteAuth{JWT: "main"} }
	for name, c := range map[string]struct {
		change func(s *sides, old, new *config.Route)
		want   []changes.KeyChange
	}{
		"nothing": {func(*sides, *config.Route, *config.Route) {}, nil},
		"a key that is not asked about": {func(_ *sides, _, new *config.Route) {
			new.PathPrefix = "/x"
		}, nil},
		"a limit": {
			func(_ *sides, _, new *config.Route) {
				new.Retry = &config.Retry{Attempts: 2, Budget: 0.5}
			},
			[]changes.KeyChange{{"retry", "not set", "{attempts: 2, budget: 50%}"}},
		},
		"who may come": {
			func(_ *sides, old, new *config.Route) {
				old.Auth, new.Auth = auth(), auth()
				new.Auth.Scopes = []string{"write"}
			},
			[]changes.KeyChange{{"auth", "{jwt: main}", "{jwt: main, scopes: [write]}"}},
		},
		"a name that means the same": {
			func(s *sides, old, new *config.Route) {
				old.Auth, new.Auth = auth(), auth()
				s.oldDoc.Auth, s.newDoc.Auth = issuer("a"), issuer("a")
				s.newDoc.Auth.JWT[1].Issuer = "changed"
			}, nil,
		},
		"a name that means another thing": {
			func(s *sides, old, new *config.Route) {
				old.Auth, new.Auth = auth(), auth()
				s.oldDoc.Auth, s.newDoc.Auth = issuer("a"), issuer("b")
			},
			[]changes.KeyChange{{"auth", "{jwt: main}", "{jwt: main}, which is defined otherwise"}},
		},
		"a name that means nothing any more": {
			func(s *sides, old, new *config.Route) {
				old.Auth, new.Auth = auth(), auth()
				s.oldDoc.Auth, s.newDoc.Auth = issuer("a"), &config.Auth{}
			},
			[]changes.KeyChange{{"auth", "{jwt: main}", "{jwt: main}, which is defined otherwise"}},
		},
	} {
		var s sides
		old, new := config.NewRoute("r", "c"), config.NewRoute("r", "c")
		c.change(&s, &old, &new)
		got := changes.Keys(&s.oldDoc, &s.newDoc, &old, &new, "auth", "retry", "no_such_key")
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
