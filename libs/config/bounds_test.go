package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
)

// numbers calls do with each whole number of the document, by its path.
func numbers(t reflect.Type, path string, cache tags.Cache, do func(string, tags.Rule)) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		numbers(t.Elem(), path, cache, do)
	case reflect.Struct:
		if t == prefixType {
			return
		}
		for _, f := range cache.Of(t).List {
			ft := t.Field(f.Index).Type
			at := strings.TrimPrefix(path+"."+f.Key, ".")
			if k := ft.Kind(); ft != durationType && (k == reflect.Int || k == reflect.Int64) {
				do(at, f.Rule)
			}
			numbers(ft, at, cache, do)
		}
	}
}

// A number without a most is one that somebody can ask for too much with: memory is made for as
// many connections as a cluster may have, and a sum of two numbers may not fit.
func TestEveryNumberHasBothBounds(t *testing.T) {
	found := 0
	numbers(reflect.TypeFor[Document](), "", tags.Cache{}, func(path string, r tags.Rule) {
		found++
		if path != "version" && (r.Least == -tags.NoBound || r.Most == tags.NoBound) {
			t.Errorf("%s has no least or no most", path)
		}
	})
	if found < 15 {
		t.Errorf("only %d numbers were found", found)
	}
}

func TestWhatIsTooLargeIsRefused(t *testing.T) {
	const file = `version: 1
listeners:
- name: a
  address: 127.0.0.1:1
  limits: {max_connections: %[1]d}
  timeouts: {keepalive: %[2]s}
clusters:
- name: c
  endpoints: [{address: 127.0.0.1:2, weight: %[1]d}]
  limits: {max_connections: %[1]d, max_pending: %[1]d}
  timeouts: {response: %[2]s, body_idle: %[2]s}
  health: {passive: {window: %[2]s, min_requests: %[1]d}}
routes:
- {name: r, cluster: c, max_body_bytes: %[3]d, timeouts: {body_idle: %[2]s}}
limits: {max_connections: %[1]d}
`
	for _, tc := range []struct {
		number, bytes int64
		duration      string
		want          int // problems
	}{
		{100_000, 1 << 50, "8760h", 0},
		{2_000_000_000, 1<<50 + 1, "8761h", 12},
		{1<<63 - 1, 1<<63 - 1, "2562047h", 12},
	} {
		text := fmt.Sprintf(file, tc.number, tc.duration, tc.bytes)
		d, problems := Decode("gateway.yaml", []byte(text))
		if (d == nil) != (tc.want > 0) {
			t.Errorf("%d, %s: %v, %v", tc.number, tc.duration, d, problems)
		}
		n := 0
		for _, p := range problems {
			if strings.Contains(p.Message, "is the most") || strings.Contains(p.Message, "a year") {
				n++
			} else {
				t.Errorf("%v", p)
			}
		}
		if n != tc.want {
			t.Errorf("%d, %s: %d problems, want %d: %v", tc.number, tc.duration, n, tc.want,
				problems)
		}
	}
}

func TestARouteMayOverrideABodyIdleWithNone(t *testing.T) {
	const file = `version: 1
listeners: [{name: a, address: "127.0.0.1:1"}]
clusters: [{name: c, endpoints: [{address: "127.0.0.1:2"}]}]
routes:
- {name: none, cluster: c}
- {name: zero, path_prefix: /zero, cluster: c, timeouts: {body_idle: 0s}}
- {name: some, path_prefix: /some, cluster: c, timeouts: {body_idle: 3s}}
`
	d, problems := Decode("gateway.yaml", []byte(file))
	if d == nil || len(d.Routes) != 3 {
		t.Fatal(problems)
	}
	for i, want := range []*time.Duration{nil, new(time.Duration(0)), new(3 * time.Second)} {
		if got := d.Routes[i].Timeouts.BodyIdle; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", d.Routes[i].Name, got, want)
		}
	}
}
