package examples_test

import (
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/examples"
	"github.com/gatewayhomebrew/gateway/libs/config"
)

func TestEachExampleHasWhatItsConfigurationExpects(t *testing.T) {
	names := []string{}
	for _, e := range examples.All() {
		names = append(names, e.Name)
		t.Run(e.Name, func(t *testing.T) {
			text, err := fs.ReadFile(e.Files, examples.Config)
			if err != nil {
				t.Fatal(err)
			}
			doc, problems := (config.Options{Elsewhere: true}).Decode(examples.Config, text)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if ps := doc.Cautions(); len(ps) > 0 {
				t.Errorf("the example is warned about: %v", ps)
			}
			if readme, err := fs.ReadFile(e.Files, "README.md"); err != nil ||
				!strings.Contains(string(readme), "gateway example run "+e.Name) {
				t.Errorf("the README does not tell of `gateway example run %s` (%v)", e.Name, err)
			}
			want, have := []string{}, []string{}
			for _, c := range doc.Clusters {
				for _, endpoint := range c.Endpoints {
					want = append(want, endpoint.Address)
				}
			}
			if doc.Auth != nil {
				for _, f := range doc.Auth.Forward {
					u, err := url.Parse(f.URL)
					if err != nil {
						t.Fatal(err)
					}
					want = append(want, u.Host)
				}
			}
			for _, u := range e.Upstreams {
				have = append(have, u.Address)
				if info, err := fs.Stat(e.Files, u.Dir); u.Kind == examples.Files &&
					(err != nil || !info.IsDir()) {
					t.Errorf("there is no folder %q to serve: %v", u.Dir, err)
				}
			}
			slices.Sort(want)
			slices.Sort(have)
			if !slices.Equal(slices.Compact(want), have) {
				t.Errorf("the configuration expects upstreams at %v, and there are those at %v",
					want, have)
			}
			listeners := []string{examples.Admin}
			for _, l := range doc.Listeners {
				listeners = append(listeners, l.Name)
			}
			if e.Summary == "" || len(e.Try) == 0 {
				t.Error("it does not say what it is, or what to try")
			}
			for _, try := range e.Try {
				if !slices.Contains(listeners, try.Listener) ||
					!strings.Contains(try.Command, examples.URL) &&
						!strings.Contains(try.Command, examples.Host+" -p "+examples.Port) {
					t.Errorf("%q asks listener %q, and there are %v", try.Command, try.Listener,
						listeners)
				}
			}
		})
	}
	if !slices.IsSorted(names) || len(slices.Compact(names)) != len(examples.All()) {
		t.Errorf("the examples are not ordered by name: %v", names)
	}
}
