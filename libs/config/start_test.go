package config_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// laid lays one mapping over another, as the reference says that own keys win.
func laid(base, own map[string]any) map[string]any {
	out := maps.Clone(base)
	for key, value := range own {
		below, isMap := out[key].(map[string]any)
		mine, both := value.(map[string]any)
		if isMap && both {
			out[key] = laid(below, mine)
		} else {
			out[key] = value
		}
	}
	return out
}

// pick puts some of the values of a table into a mapping. Keys of the table are paths.
func pick(r *rand.Rand, table map[string][]any, into map[string]any) map[string]any {
	for _, path := range slices.Sorted(maps.Keys(table)) {
		if r.IntN(2) == 0 {
			continue
		}
		at := into
		keys := strings.Split(path, "/")
		for _, key := range keys[:len(keys)-1] {
			if _, ok := at[key].(map[string]any); !ok {
				at[key] = map[string]any{}
			}
			at = at[key].(map[string]any)
		}
		value := table[path][r.IntN(len(table[path]))]
		if m, ok := value.(map[string]any); ok {
			value = maps.Clone(m)
		}
		at[keys[len(keys)-1]] = value
	}
	return into
}

// A thing with defaults means what it means with them written out, whatever of the two says what.
func TestWhatThingsStartFromIsAsIfTheySaidIt(t *testing.T) {
	t.Parallel()
	durations := []any{"1s", "2s", "3s", "0s"}
	tables := map[string]map[string][]any{
		"listeners": {
			"timeouts/header": durations, "timeouts/keepalive": durations,
			"limits/max_headers": {10, 20, 30}, "limits/allow_underscores": {true, false},
			"trusted_proxies": {[]string{"10.0.0.0/8"}, []string{},
				[]string{"fd00::/8", "10.1.0.0/16"}},
			"forwarded":       {nil, map[string]any{"port": 8443}},
			"forwarded/proto": {"http", "https"}, "http2": {true, false},
			"error_pages": {[]any{}},
		},
		"clusters": {
			"timeouts/connect": durations, "timeouts/response": durations,
			"limits/max_pending": {0, 1, 2}, "limits/fair_shares": {true, false},
			"health/active/path": {"/a", "/b"}, "health/active/timeout": {"100ms", "1s"},
			"health/passive": {nil, map[string]any{"window": "3s"}}, "via": {"keep", "off"},
			"health/passive/min_requests": {3, 4},
		},
		"routes": {
			"timeouts/request": durations, "retry/attempts": {1, 2, 3},
			"retry/on":                 {[]string{"connect"}, []string{"502", "503"}, []string{}},
			"headers/request/set":      {map[string]any{"X-A": "1"}, map[string]any{"X-B": "2"}},
			"headers/response/set/X-C": {"3", "4"},
			"headers/response/remove":  {[]string{"X-D"}, nil},
			"methods":                  {[]string{"GET"}, []string{"POST", "PUT"}},
			"max_body_bytes":           {0, 7},
			"when/headers/X-A":         {"1", "2"}, "clients": {nil},
			"clients/allow": {[]string{"10.0.0.0/8"}}, "clients/deny": {[]string{"10.9.0.0/16"}},
		},
	}
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 15))
		with := map[string]any{"version": 1}
		written := map[string]any{"version": 1}
		defaults := map[string]any{}
		for list, table := range tables {
			start := pick(r, table, map[string]any{})
			defaults[strings.TrimSuffix(list, "s")] = start
			var short, long []any
			for i := range 1 + r.IntN(3) {
				name := fmt.Sprintf("%s%d", list[:1], i)
				own := pick(r, table, map[string]any{"name": name})
				switch list {
				case "listeners":
					own["address"] = fmt.Sprintf("127.0.0.1:%d", 8080+i)
				case "clusters":
					own["endpoints"] = []any{map[string]any{"address": "127.0.0.1:9001"}}
				default:
					own["path_prefix"], own["cluster"] = fmt.Sprintf("/%d", i), "c0"
				}
				short, long = append(short, own), append(long, laid(start, own))
			}
			with[list], written[list] = short, long
		}
		with["defaults"] = defaults
		got, want := decoded(t, with), decoded(t, written)
		if got == nil || want == nil {
			continue
		}
		if a, b := string(config.Canonical(got)), string(config.Canonical(want)); a != b {
			t.Fatalf("seed %d:\ngot  %s\nwant %s", seed, a, b)
		}
	}
}

func decoded(t *testing.T, document map[string]any) *config.Document {
	t.Helper()
	data, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	d, ps := config.Decode("a.json", data)
	for _, p := range ps {
		// Two of its values happen to say nothing together; the other document says so too.
		t.Fatalf("%s\n%s", p, data)
	}
	return d
}

// A default that does not fit a kind of thing does not break it. Values come from the document
// that has every key, so that a key that is new is tried too.
func TestADefaultBreaksNothingThatItDoesNotFit(t *testing.T) {
	t.Parallel()
	const base = `{"version": 1,
"listeners": [
  {"name": "h", "address": "127.0.0.1:8080"},
  {"name": "t", "address": "127.0.0.1:8081", "protocol": "tcp", "cluster": "db"}],
"clusters": [
  {"name": "app", "endpoints": [{"address": "127.0.0.1:9001"}]},
  {"name": "shadow", "endpoints": [{"address": "127.0.0.1:9003"}]},
  {"name": "other", "endpoints": [{"address": "127.0.0.1:9004"}]},
  {"name": "db", "endpoints": [{"address": "127.0.0.1:9002"}]}],
"routes": [
  {"name": "proxied", "path_prefix": "/a", "cluster": "app"},
  {"name": "moved", "path": "/b", "redirect": {"scheme": "https"}},
  {"name": "said", "path": "/c", "respond": {"status": 204}}]}`
	// Values that only mean something with another default beside them.
	together := map[string]string{
		"clusters.protocol": "security", "clusters.proxy_protocol_tlvs": "proxy_protocol",
		"listeners.proxy_protocol_from": "proxy_protocol", "listeners.protocol": "",
		"listeners.sni": "", "routes.listeners": "",
	}
	files, err := filepath.Glob("testdata/valid*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	all := map[string][]any{}
	for _, file := range files {
		valid, err := withSecrets.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		var one struct{ Listeners, Clusters, Routes []any }
		if err := json.Unmarshal(config.Canonical(valid), &one); err != nil {
			t.Fatal(err)
		}
		all["listeners"] = append(all["listeners"], one.Listeners...)
		all["clusters"] = append(all["clusters"], one.Clusters...)
		all["routes"] = append(all["routes"], one.Routes...)
	}
	for _, list := range []string{"listeners", "clusters", "routes"} {
		for _, thing := range all[list] {
			for key, value := range thing.(map[string]any) {
				if slices.Contains([]string{"name", "address", "cluster", "split", "endpoints",
					"client_certificate"}, key) {
					continue
				}
				start := map[string]any{key: value}
				if other, ok := together[list+"."+key]; ok {
					if thing.(map[string]any)[other] == nil {
						continue
					}
					start[other] = thing.(map[string]any)[other]
				}
				var doc map[string]any
				if err := json.Unmarshal([]byte(base), &doc); err != nil {
					t.Fatal(err)
				}
				doc["defaults"] = map[string]any{strings.TrimSuffix(list, "s"): start}
				data, err := json.Marshal(doc)
				if err != nil {
					t.Fatal(err)
				}
				tried++
				if _, ps := withSecrets.Decode("a.json", data); len(ps) > 0 {
					t.Errorf("defaults for %s: %v: %v", list, start, ps)
				}
			}
		}
	}
	if tried < 40 {
		t.Errorf("only %d defaults were tried", tried)
	}
}

func TestWhatADefaultBecomesOnThingsOfEachKind(t *testing.T) {
	t.Parallel()
	d, err := config.Load("testdata/valid-defaults.yaml")
	if err != nil {
		t.Fatal(err)
	}
	pages := func(i int) string { return fmt.Sprint(d.Routes[i].Headers.Response.Set) }
	for _, x := range []struct {
		what      string
		got, want any
	}{
		{"its own key wins", d.Listeners[0].Timeouts.Header.String(), "1s"},
		{"the key beside it stays", d.Listeners[0].Timeouts.KeepAlive.String(), "20s"},
		{"an empty list wins", len(d.Listeners[0].TrustedProxies), 0},
		{"a list is taken", len(d.Listeners[1].TrustedProxies), 1},
		{"nothing is a value", d.Listeners[1].Forwarded == nil, true},
		{"left out for tcp", d.Listeners[2].Forwarded == nil, true},
		{"kept for tcp", d.Listeners[2].Limits.MaxHeaders, 50},
		{"a check of a type of its own", d.Clusters[1].Health.Active.Type, "tcp"},
		{"the path is of http checks", d.Clusters[1].Health.Active.Path, "/"},
		{"a check", d.Clusters[0].Health.Active.Path, "/healthz"},
		{"stripped", d.Routes[0].Rewrite.StripPrefix, true},
		{"no prefix to strip", d.Routes[2].Rewrite.StripPrefix, false},
		{"a redirect rewrites nothing", d.Routes[3].Rewrite == nil, true},
		{"maps are merged", pages(1),
			"map[Strict-Transport-Security:max-age=31536000 X-Frame-Options:SAMEORIGIN]"},
		{"a match is one whole", d.Routes[1].When.Headers["X-Tenant"].Suffix, "z"},
		{"no retry", d.Routes[2].Retry == nil, true},
		{"nothing of it is left", d.Defaults == nil, true},
	} {
		if x.got != x.want {
			t.Errorf("%s: got %v, want %v", x.what, x.got, x.want)
		}
	}
}

func TestADefaultOfSomeIsLeftOutForTheOthersAndOneOfNoneIsAnError(t *testing.T) {
	t.Parallel()
	const replaced = "defaults.route.rewrite.replace_prefix"
	for defaults, want := range map[string]string{
		"cluster: {security: {server_name: a.test}}":                "",
		"cluster: {protocol: h2}":                                   "",
		"cluster: {security: {mode: tls}, protocol: h2c}":           "defaults.cluster.protocol",
		"listener: {tls: {min_version: '1.3'}}":                     "",
		"listener: {http1: false, http2: false}":                    "defaults.listener.http1",
		"route: {cluster: users, respond: {status: 200}}":           "defaults.route.respond",
		"route: {rewrite: {strip_prefix: true, replace_prefix: /}}": replaced,
	} {
		_, ps := config.Decode("a.yaml", []byte(minimal+
			"  - {name: secured, endpoints: [{address: a.test:1}], security: {mode: tls}}\n"+
			"routes: [{name: a, path_prefix: /a, cluster: users}, {name: b, path_prefix: /b}]\n"+
			"defaults: {"+defaults+"}\n"))
		got := ""
		for _, p := range ps {
			if p.Path != "routes[1].cluster" { // it goes nowhere without a default
				got = p.Path
			}
		}
		if got != want {
			t.Errorf("%s: %v, want %q", defaults, ps, want)
		}
	}
}

// What keeps clients out is never left out.
func TestADefaultThatGuardsIsAnErrorWhereItDoesNotFit(t *testing.T) {
	t.Parallel()
	_, ps := config.Decode("a.yaml", []byte(minimal+`
defaults: {route: {client_certificate: {names: [a.test]}}}
routes: [{name: a, cluster: users}, {name: b, path: /b, redirect: {scheme: https}}]
`))
	if len(ps) != 1 || ps[0].Path != "defaults.route.client_certificate" || ps[0].Line != 7 {
		t.Errorf("%v", ps)
	}
}

func TestAnOverlayChangesWhatThingsStartFrom(t *testing.T) {
	dir := t.TempDir()
	base := write(t, dir, "base.yaml", minimal+
		"defaults: {cluster: {timeouts: {connect: 1s, response: 2s}}}\nroutes: []\n")
	over := write(t, dir, "prod.yaml", "defaults: {cluster: {timeouts: {response: 3s}}, "+
		"listener: {http2: false}}\n")
	s, err := config.Resolve(base, env(config.EnvName, "prod"))
	if err != nil {
		t.Fatal(err)
	}
	c := s.Document.Clusters[0].Timeouts
	if c.Connect.String() != "1s" || c.Response.String() != "3s" || s.Document.Listeners[0].HTTP2 {
		t.Errorf("%+v", c)
	}
	write(t, dir, "prod.yaml", "defaults: {cluster: {timeouts: {response: 3}}}\n")
	_, err = config.Resolve(base, env(config.EnvName, "prod"))
	if want := over + ":1:43: defaults.cluster.timeouts.response: E_UNIT"; err == nil ||
		!strings.HasPrefix(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
