package changes_test

import (
	"encoding/json"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/changes"
)

// whole is a document with every key that this version acts on.
func whole(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile("../testdata/valid-whole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func decode(t testing.TB, name, text string) *config.Document {
	t.Helper()
	d, ps := config.Decode(name, []byte(text))
	if len(ps) > 0 || d == nil {
		t.Fatalf("%v", ps)
	}
	return d
}

// everyPart returns a document in which every part of the model is present, for tests that change
// one value at a time.
func everyPart() *config.Document {
	d := config.New()
	fill(reflect.ValueOf(d).Elem())
	d.Listeners = append(d.Listeners, config.NewListener("second", "127.0.0.1:2"))
	d.Clusters = append(d.Clusters, config.NewCluster("second", "127.0.0.1:3"))
	d.Routes = append(d.Routes, config.NewRoute("second", "second"))
	return d
}

// fill puts something into every value that has nothing.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[netip.Prefix]() {
			v.Set(reflect.ValueOf(netip.MustParsePrefix("10.0.0.0/8")))
			return
		}
		for i := range v.NumField() {
			if tag := v.Type().Field(i).Tag.Get("config"); tag != "-" && tag != "" {
				fill(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		e := reflect.New(v.Type().Elem()).Elem()
		fill(e)
		v.SetMapIndex(reflect.ValueOf("X-Key"), e)
	case reflect.String:
		if v.Len() == 0 {
			v.SetString("value")
		}
	}
}

// leaves calls visit with each value of the model, its path and whether it is secret.
func leaves(v reflect.Value, path string, secret bool,
	visit func(v reflect.Value, path string, secret bool)) {
	switch {
	case v.Kind() == reflect.Pointer:
		leaves(v.Elem(), path, secret, visit)
	case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[netip.Prefix]():
		for i := range v.NumField() {
			key, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("config"), ",")
			if key != "-" && key != "" {
				leaves(v.Field(i), path+"."+key,
					secret || slices.Contains(strings.Split(options, ","), "secret"), visit)
			}
		}
	case v.Kind() == reflect.Slice:
		leaves(v.Index(0), path+"[0]", secret, visit)
	default:
		visit(v, path, secret)
	}
}

func change(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "hunter2")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + int64(time.Second))
	case reflect.Float64:
		v.SetFloat(v.Float() + 0.25)
	case reflect.Map:
		e := reflect.New(v.Type().Elem()).Elem()
		switch {
		case e.Type() == reflect.TypeFor[config.FieldRewrite]():
			e.FieldByName("With").SetString("hunter2")
		case e.Kind() == reflect.Struct:
			e.FieldByName("Prefix").SetString("hunter2")
		default:
			e.SetString("hunter2")
		}
		v.SetMapIndex(reflect.ValueOf("X-Key"), e)
	case reflect.Struct:
		v.Set(reflect.ValueOf(netip.MustParsePrefix("fd00::/8")))
	default:
		panic(v.Type().String())
	}
}

func words(t testing.TB, c changes.Changes) string {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestADocumentDoesNotDifferFromItself(t *testing.T) {
	for _, d := range []*config.Document{everyPart(), config.New(), config.Embedded(),
		decode(t, "whole.yaml", whole(t))} {
		c := changes.Diff(d, d)
		if !c.Empty() || c.Listeners.Kept != len(d.Listeners) ||
			c.Clusters.Kept != len(d.Clusters) || c.Routes.Kept != len(d.Routes) {
			t.Errorf("%s", words(t, c))
		}
		if strings.Contains(words(t, c), "null") {
			t.Errorf("a list is null: %s", words(t, c))
		}
	}
}

func TestEveryKeyOfTheModelIsCompared(t *testing.T) {
	var paths []string
	secrets := 0
	leaves(reflect.ValueOf(everyPart()).Elem(), "", false,
		func(_ reflect.Value, path string, secret bool) {
			paths = append(paths, path)
			if secret {
				secrets++
			}
		})
	if len(paths) < 90 || secrets < 5 {
		t.Fatalf("only %d keys, %d of them secret", len(paths), secrets)
	}
	for _, want := range paths {
		d := everyPart()
		leaves(reflect.ValueOf(d).Elem(), "", false,
			func(v reflect.Value, path string, secret bool) {
				if path != want {
					return
				}
				change(v)
				c := changes.Diff(everyPart(), d)
				if c.Empty() {
					t.Errorf("%s: a change goes unseen", path)
				}
				section, _, _ := strings.Cut(path[1:], "[")
				if got := changed(c); !strings.HasPrefix(section, got) && got != "other" {
					t.Errorf("%s: the change is reported in %s: %s", path, got, words(t, c))
				}
				if secret && strings.Contains(words(t, c), "hunter2") {
					t.Errorf("%s: a secret is shown: %s", path, words(t, c))
				}
			})
	}
}

// changed names the only part of c that is not empty.
func changed(c changes.Changes) string {
	var parts []string
	for name, s := range map[string]changes.Set{"listeners": c.Listeners, "clusters": c.Clusters,
		"routes": c.Routes} {
		if !s.Empty() {
			parts = append(parts, name)
		}
	}
	if len(c.Other) > 0 {
		parts = append(parts, "other")
	}
	return strings.Join(parts, "+")
}

func TestChangesAreToldInWords(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(d *config.Document)
		want   []string // of the one thing that changes
	}{
		"a weight": {func(d *config.Document) { d.Clusters[0].Endpoints[0].Weight = 1 },
			[]string{"weight of 127.0.0.1:9001: 3 -> 1"}},
		"a new endpoint": {func(d *config.Document) {
			d.Clusters[0].Endpoints = append(d.Clusters[0].Endpoints,
				config.Endpoint{Address: "127.0.0.1:9009", Weight: 2})
		}, []string{"endpoints: added {address: 127.0.0.1:9009, weight: 2, backup: false}"}},
		"an endpoint that is gone": {func(d *config.Document) {
			d.Clusters[0].Endpoints = d.Clusters[0].Endpoints[1:]
		}, []string{"endpoints: removed 127.0.0.1:9001"}},
		"endpoints in another order": {func(d *config.Document) {
			slices.Reverse(d.Clusters[0].Endpoints)
		}, nil},
		"a timeout": {func(d *config.Document) {
			d.Listeners[0].Timeouts.Header = 90 * time.Minute
		}, []string{"timeouts.header: 10s -> 1h30m"}},
		"hosts": {func(d *config.Document) {
			d.Routes[0].Hosts = []string{"*.example.org", "b.example.com"}
		}, []string{"hosts: added b.example.com; removed api.example.com"}},
		"hosts in another order": {func(d *config.Document) {
			slices.Reverse(d.Routes[0].Hosts)
		}, nil},
		"no hosts any more": {func(d *config.Document) { d.Routes[0].Hosts = nil },
			[]string{"hosts: [api.example.com, *.example.org] -> not set"}},
		"a retry": {func(d *config.Document) {
			d.Routes[0].Retry = &config.Retry{Attempts: 2, On: []string{"connect", "502"},
				Budget: 0.2}
		}, []string{"retry: not set -> {attempts: 2, on: [connect, 502], budget: 20%}"}},
		"a header": {func(d *config.Document) {
			d.Routes[0].Headers = new(config.RouteHeaders)
			d.Routes[0].Headers.Request.Set = map[string]string{"X-From": "a b\x1b[31m"}
		}, []string{`headers: not set -> {request: {set: {X-From: "a b\x1b[31m"}}}`}},
		"what a split is made of": {func(d *config.Document) {
			d.Routes[0].Cluster, d.Routes[0].Split = "",
				[]config.Share{{Cluster: "users", Weight: 9}, {Cluster: "new", Weight: 1}}
		}, []string{"cluster: users -> not set", "split: added {cluster: users, weight: 9}",
			"split: added {cluster: new, weight: 1}"}},
		"a long value": {func(d *config.Document) {
			d.Routes[0].PathPrefix = "/" + strings.Repeat("a", 100) + "b"
		}, []string{"path_prefix: /users -> /" + strings.Repeat("a", 79) + "…"}},
		"ranges": {func(d *config.Document) {
			d.Listeners[0].TrustedProxies = d.Listeners[0].TrustedProxies[1:]
		}, []string{"trusted_proxies: removed 10.0.0.0/8"}},
	} {
		t.Run(name, func(t *testing.T) {
			old, new := decode(t, "whole.yaml", whole(t)), decode(t, "whole.yaml", whole(t))
			tc.change(new)
			c := changes.Diff(old, new)
			var got []string
			for _, s := range []changes.Set{c.Listeners, c.Clusters, c.Routes} {
				for _, one := range s.Changed {
					got = append(got, one.What...)
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

func TestLongValuesThatDifferAtTheirEndDiffer(t *testing.T) {
	old, new := config.New(), config.New()
	long := strings.Repeat("a", 100)
	old.Routes, new.Routes = []config.Route{config.NewRoute("r", "c")},
		[]config.Route{config.NewRoute("r", "c")}
	old.Routes[0].Hosts, new.Routes[0].Hosts = []string{long + "1", "x"}, []string{long + "2", "x"}
	old.Routes[0].PathPrefix, new.Routes[0].PathPrefix = "/"+long+"1", "/"+long+"2"
	c := changes.Diff(old, new)
	if len(c.Routes.Changed) != 1 || len(c.Routes.Changed[0].What) != 2 {
		t.Fatal(words(t, c))
	}
	for _, what := range c.Routes.Changed[0].What {
		if strings.Contains(what, "secret") || len(what) > 300 {
			t.Error(what)
		}
	}
}

func TestOtherPartsAndSecretsAreTold(t *testing.T) {
	old, new := config.New(), config.New()
	old.Admin.Address, new.Admin.Address = "127.0.0.1:1", "127.0.0.1:2"
	old.Gossip, new.Gossip = &config.Gossip{Bind: "127.0.0.1:3", Key: "hunter1"},
		&config.Gossip{Bind: "127.0.0.1:3", Key: "hunter2"}
	old.Auth = &config.Auth{JWT: []config.JWT{{Name: "main",
		Introspection: &config.Introspection{ClientSecret: "secret:env:A"}}}}
	new.Auth = &config.Auth{JWT: []config.JWT{{Name: "main",
		Introspection: &config.Introspection{ClientSecret: "secret:env:B"}}}}
	new.Reload = &config.Reload{Trial: 10 * time.Second, MaxErrorIncrease: 0.1}
	want := []string{
		"introspection.client_secret of auth.jwt main: secret:env:A -> secret:env:B",
		"admin.address: 127.0.0.1:1 -> 127.0.0.1:2",
		"reload: not set -> {trial: 10s, max_error_increase: 10%}",
		"gossip.key: changed; the value is secret",
	}
	if got := changes.Diff(old, new).Other; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	new.Gossip.Key = "secret:file:key"
	if got := changes.Diff(old, new).Other[3]; got != "gossip.key: <redacted> -> secret:file:key" {
		t.Error(got)
	}
}

func TestAnotherValueBehindAReferenceIsTold(t *testing.T) {
	text := strings.Replace(whole(t), "path_prefix: /users", "path_prefix: secret:env:PREFIX", 1)
	with := func(value string) *config.Document {
		o := config.Options{Secrets: func(string, string) (string, error) { return value, nil }}
		d, ps := o.Decode("whole.yaml", []byte(text))
		if len(ps) > 0 {
			t.Fatal(ps)
		}
		return d
	}
	old, same, new := with("/hunter1"), with("/hunter1"), with("/hunter2")
	if c := changes.Diff(old, same); !c.Empty() {
		t.Error(words(t, c))
	}
	c := changes.Diff(old, new)
	if want := []string{"secret:env:PREFIX: there is another value behind it"}; !slices.Equal(
		c.Other, want) || strings.Contains(words(t, c), "hunter") {
		t.Errorf("got %s, want %q", words(t, c), want)
	}
}

func TestTheOrderOfCertificatesCounts(t *testing.T) {
	old, new := decode(t, "whole.yaml", whole(t)), decode(t, "whole.yaml", whole(t))
	old.Listeners[0].TLS = &config.TLS{Certificates: []config.Certificate{{Cert: "a"}, {Cert: "b"}},
		ALPN: []string{"h2", "http/1.1"}}
	new.Listeners[0].TLS = &config.TLS{Certificates: []config.Certificate{{Cert: "b"}, {Cert: "a"}},
		ALPN: []string{"http/1.1", "h2"}}
	c := changes.Diff(old, new)
	want := []string{"tls.certificates: another order",
		"tls.alpn: [h2, http/1.1] -> [http/1.1, h2]"}
	if len(c.Listeners.Changed) != 1 || !slices.Equal(c.Listeners.Changed[0].What, want) {
		t.Error(words(t, c))
	}
}

func TestNoDocumentIsOneOfDefaults(t *testing.T) {
	c := changes.Diff(nil, config.Embedded())
	if !slices.Equal(c.Listeners.Added, []string{"public"}) ||
		!slices.Equal(c.Routes.Added, []string{"demo"}) || len(c.Other) > 0 {
		t.Error(words(t, c))
	}
}
