package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

const bootstrap = `version: 1
listeners: [{name: own, address: 127.0.0.1:7000}]
admin: {address: 127.0.0.1:9911}
gossip: {bind: 127.0.0.1:7946, name: edge-1}
config_sync: {address: 127.0.0.1:9500, node: edge-1, cache: last-good.yaml}
`

// published resolves a published text over a file on disk.
func published(t *testing.T, file, text string) (config.Source, string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "node.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	o := config.Options{Published: &config.Published{Revision: 7, Digest: "d", Data: []byte(text)}}
	s, err := o.Resolve(path, func(string) string { return "" })
	return s, path, err
}

// What is published takes the place of the node's file, but for what is this node's alone.
func TestWhatIsPublishedTakesThePlaceOfTheFile(t *testing.T) {
	s, path, err := published(t, bootstrap, `version: 1
listeners: [{name: public, address: 127.0.0.1:8080}]
admin: {address: 127.0.0.1:1}
gossip: {bind: 127.0.0.1:2, join: [127.0.0.1:7947]}
config_sync: {address: 127.0.0.1:3, node: somebody}
access_log: {output: access.log}
clusters: [{name: a, endpoints: [{address: "127.0.0.1:9001"}]}]
routes: [{name: all, cluster: a}]
`)
	if err != nil {
		t.Fatal(err)
	}
	d := s.Document
	if len(d.Listeners) != 1 || d.Listeners[0].Name != "public" || len(d.Routes) != 1 {
		t.Errorf("listeners %+v, routes %+v", d.Listeners, d.Routes)
	}
	if d.Admin.Address != "127.0.0.1:9911" || d.ConfigSync.Node != "edge-1" ||
		d.ConfigSync.Address != "127.0.0.1:9500" {
		t.Errorf("admin %+v, config_sync %+v: they are the node's own", d.Admin, d.ConfigSync)
	}
	if g := d.Gossip; g.Bind != "127.0.0.1:7946" || g.Name != "edge-1" || len(g.Join) != 1 {
		t.Errorf("gossip %+v: key by key", g)
	}
	if want := filepath.Join(filepath.Dir(path), "access.log"); d.AccessLog.Output != want {
		t.Errorf("the log is %s, want %s: relative to the folder of the file", d.AccessLog.Output,
			want)
	}
	if got := s.String(); !strings.Contains(got, "revision 7") || !strings.Contains(got, path) {
		t.Errorf("it is called %q", got)
	}
}

func TestProblemsOfWhatIsPublishedNameTheRevision(t *testing.T) {
	for name, text := range map[string]string{"a mistake": "version: 1\nrouts: []\n",
		"no YAML": "version: [", "nothing": "", "no mapping": "7"} {
		_, _, err := published(t, bootstrap, text)
		if err == nil || !strings.Contains(err.Error(), "revision-7.yaml") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A mistake in the node's own file names that.
	_, _, err := published(t, bootstrap+"admim: {}\n",
		"version: 1\nlisteners: [{name: a, address: 127.0.0.1:1}]\nroutes: []\n")
	if err != nil {
		t.Errorf("what the file has besides does not count, and is no mistake: %v", err)
	}
	_, path, err := published(t, strings.Replace(bootstrap, "9911", "x", 1),
		"version: 1\nlisteners: [{name: a, address: 127.0.0.1:1}]\nroutes: []\n")
	if err == nil || !strings.Contains(err.Error(), path+":3:") {
		t.Errorf("%v", err)
	}
}
