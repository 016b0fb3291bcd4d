package config_test

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

var (
	//go:embed testdata/valid-whole.yaml
	whole string // every key this version acts on
	//go:embed testdata/not-yet.yaml
	future string // every other key of the contract
)

// minimal is a document with a few lines to put more into.
const minimal = `version: 1
listeners:
  - {name: public, address: 127.0.0.1:8080}
clusters:
  - {name: users, endpoints: [{address: 127.0.0.1:9001}]}
`

// sparse says of a document that it has no routes on purpose, unless it has some.
func sparse(text string) string {
	if strings.Contains(text, "routes:") {
		return text
	}
	return text + "routes: []\n"
}

func decode(t testing.TB, name, text string) *config.Document {
	t.Helper()
	d, ps := config.Decode(name, []byte(text))
	if len(ps) > 0 || d == nil {
		t.Fatalf("%v", ps)
	}
	return d
}

func TestEveryKeyReachesItsField(t *testing.T) {
	d := decode(t, "whole.yaml", whole)
	l, c, r := d.Listeners[0], d.Clusters[0], d.Routes[0]
	for _, x := range []struct{ got, want any }{
		{l.Limits.AllowUnderscores, true},
		{l.TrustedProxies[1].String(), "fd00::/8"},
		{l.Timeouts.BodyIdle, 30 * time.Second},
		{c.Endpoints[0].Weight, 3},
		{c.Endpoints[1].Weight, 1},
		{c.Endpoints[2].Weight, 0},
		{c.Timeouts.Response, time.Duration(0)},
		{c.Timeouts.Idle, 90 * time.Second},
		{c.Limits.MaxPending, 0},
		{r.Timeouts.Request, 250 * time.Millisecond},
		{r.MaxBodyBytes, int64(0)},
		{r.AllowEncodedSlash, true},
		{d.Routes[1].MaxBodyBytes, int64(10 << 20)},
		{d.AccessLog.Sample, 0.5},
		{d.Drain.Timeout, 5 * time.Second},
		{d.Admin.Implicit, false},
	} {
		if !reflect.DeepEqual(x.got, x.want) {
			t.Errorf("got %v, want %v", x.got, x.want)
		}
	}
}

func TestWhatIsLeftOutHasItsDefault(t *testing.T) {
	d := decode(t, "minimal.yaml", sparse(minimal))
	for _, x := range []struct{ got, want any }{
		{d.Listeners[0], config.NewListener("public", "127.0.0.1:8080")},
		{d.Clusters[0], config.NewCluster("users", "127.0.0.1:9001")},
		{d.Admin, config.Admin{Address: "127.0.0.1:9901", Implicit: true}},
		{d.AccessLog, config.AccessLog{
			Output: "stdout", Format: "auto", Sample: 1, Errors: "always",
		}},
		{d.Limits.MaxConnections, 50000},
		{d.Drain.Timeout, 30 * time.Second},
		{d.Listeners[0].Timeouts,
			config.ListenerTimeouts{Header: 10 * time.Second, BodyIdle: 30 * time.Second,
				KeepAlive: 75 * time.Second, Connect: 5 * time.Second, Idle: time.Hour,
				HalfClosed: time.Minute}},
	} {
		if !reflect.DeepEqual(x.got, x.want) {
			t.Errorf("got %+v, want %+v", x.got, x.want)
		}
	}
	commented := decode(t, "minimal.yaml", sparse(minimal+"drain:\n  # timeout: 1s\nauth:\n"))
	if !reflect.DeepEqual(commented, d) {
		t.Error("a mapping with nothing in it is not the same as none")
	}
}

func TestYAMLAndJSONAreOneLanguage(t *testing.T) {
	d := decode(t, "whole.yaml", whole)
	again := decode(t, "whole.json", string(config.Canonical(d)))
	if !reflect.DeepEqual(d, again) {
		t.Errorf("the canonical form reads back as another document:\n%s\n%s", config.Canonical(d),
			config.Canonical(again))
	}
	var indented strings.Builder
	enc := json.NewEncoder(&indented)
	enc.SetIndent("", "\t")
	if err := enc.Encode(json.RawMessage(config.Canonical(d))); err != nil {
		t.Fatal(err)
	}
	if again = decode(t, "whole.json",
		indented.String()); config.Digest(d) != config.Digest(again) {
		t.Error("indentation changes the digest")
	}
}

// A list that is empty on purpose is not the one that is the default.
func TestAnEmptyListIsNotAnAbsentOne(t *testing.T) {
	with := func(format, key string) *config.Document {
		return decode(t, "a.yaml", minimal+"routes: [{name: r, cluster: users, "+
			fmt.Sprintf(format, key)+"}]\n")
	}
	for format, key := range map[string]string{
		"compress: {%s}": "algorithms: []", "compress: { %s}": "types: []",
		"retry: {%s}": "on: []",
	} {
		d := with(format, key)
		again := decode(t, "a.json", string(config.Canonical(d)))
		if !reflect.DeepEqual(d.Routes, again.Routes) {
			t.Errorf("%s: the canonical form is another document: %s", key, config.Canonical(d))
		}
		if config.Digest(d) == config.Digest(with(format, "")) {
			t.Errorf("%s has the digest of a document without", key)
		}
	}
}

func TestDigestIsOfTheMeaning(t *testing.T) {
	a := decode(t, "a.yaml", sparse(minimal))
	b := decode(t, "b.yaml", "# comment\nclusters: [{endpoints: [{weight: 1, address: "+
		"127.0.0.1:9001}], name: users}]\nversion: 1\nlisteners: [{name: public, address: "+
		"127.0.0.1:8080, timeouts: {header: 10000ms}}]\nroutes: []\n")
	if config.Digest(a) != config.Digest(b) {
		t.Errorf("%s\n%s", config.Canonical(a), config.Canonical(b))
	}
	b.Clusters[0].Endpoints[0].Weight = 2
	if config.Digest(a) == config.Digest(b) {
		t.Error("another weight has the same digest")
	}
	large := decode(t, "large.yaml", string(largeFile(true)))
	for _, d := range []*config.Document{a, large} {
		if sum := sha256.Sum256(config.Canonical(d)); config.Digest(d) != hex.EncodeToString(
			sum[:]) {
			t.Error("the digest is not that of the canonical form")
		}
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	d := config.New()
	d.Gossip = &config.Gossip{Bind: "127.0.0.1:1", Key: "hunter2"}
	d.Auth = &config.Auth{JWT: []config.JWT{{Name: "a",
		Introspection: &config.Introspection{ClientSecret: "secret:env:X"}}}}
	shown := string(config.Show(d))
	if strings.Contains(shown, "hunter2") || !strings.Contains(shown, config.Redacted) {
		t.Error(shown)
	}
	if !strings.Contains(shown, "secret:env:X") {
		t.Errorf("a reference is hidden: %s", shown)
	}
}

func TestEmbeddedIsValidOnceItsEndpointIsKnown(t *testing.T) {
	d := config.Embedded()
	d.Clusters[0].Endpoints[0].Address = "127.0.0.1:4242"
	if ps := config.Validate(d); len(ps) > 0 {
		t.Error(ps)
	}
	if d.Admin.Address != "127.0.0.1:9901" || d.Listeners[0].Address != "127.0.0.1:8080" {
		t.Errorf("%+v", d)
	}
	d.Clusters[0].Name = "changed"
	if config.Embedded().Clusters[0].Name == "changed" {
		t.Error("two calls share memory")
	}
}

func TestSetPortKeepsTheHost(t *testing.T) {
	for address, want := range map[string]string{"127.0.0.1:80": "127.0.0.1:9",
		"[::1]:80": "[::1]:9", ":80": ":9"} {
		d := config.New()
		d.Listeners = []config.Listener{config.NewListener("a", address)}
		if !d.SetPort(9) || d.Listeners[0].Address != want {
			t.Errorf("%s became %s, want %s", address, d.Listeners[0].Address, want)
		}
	}
	if config.New().SetPort(9) {
		t.Error("a port was set on nothing")
	}
}
