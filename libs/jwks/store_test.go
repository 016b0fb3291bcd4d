package jwks

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// start runs a store with a source for each path of a server.
func start(t *testing.T, h http.Handler, paths ...string) (*Store, map[string]*Source, *lines) {
	t.Helper()
	server := httptest.NewServer(h)
	store, all, log := NewStore(), map[string]*Source{}, &lines{}
	var list []*Source
	for _, path := range paths {
		s, err := store.Source(Place{
			Name: path, URL: server.URL + path, Interval: time.Hour, Timeout: time.Second,
		})
		if err != nil {
			t.Fatal(err)
		}
		all[path], list = s, append(list, s)
	}
	store.Follow(list)
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { _ = store.Run(ctx, log) })
	t.Cleanup(func() {
		cancel()
		group.Wait()
		server.Close()
	})
	return store, all, log
}

// hostile answers as an issuer does not.
func hostile() http.Handler {
	mux := http.NewServeMux()
	serve := func(path string, f func(w http.ResponseWriter)) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { f(w) })
	}
	serve("/endless", func(w http.ResponseWriter) {
		_, _ = io.WriteString(w, `{"keys":[`)
		for range 1 << 20 {
			if _, err := io.WriteString(w, strings.Repeat(`{"kty":"oct"},`, 80)); err != nil {
				return
			}
		}
	})
	serve("/slow", func(w http.ResponseWriter) {
		c := http.NewResponseController(w)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for range 600 {
			if _, err := io.WriteString(w, " "); err != nil || c.Flush() != nil {
				return
			}
			<-tick.C
		}
	})
	serve("/many", func(w http.ResponseWriter) {
		_, _ = fmt.Fprintf(w, `{"keys":[%s{}]}`, strings.Repeat(`{"kty":"oct"},`, 9_999))
	})
	serve("/away", func(w http.ResponseWriter) {
		w.Header().Set("Location", "http://127.0.0.1:1/keys")
		w.WriteHeader(http.StatusFound)
	})
	serve("/gone", func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) })
	serve("/html", func(w http.ResponseWriter) { _, _ = io.WriteString(w, "<html>") })
	serve("/shared", func(w http.ResponseWriter) {
		_, _ = io.WriteString(w, `{"keys":[{"kty":"oct","k":"cGxhbnRlZA"}]}`)
	})
	serve("/good", func(w http.ResponseWriter) { _, _ = w.Write(keySet(1)) })
	return mux
}

func TestIssuersThatAreHostile(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	want := map[string]string{
		"/endless": "too large", "/slow": "not there in time", "/many": "10000 keys",
		"/away": "redirect", "/gone": "status 404", "/html": "not JSON",
		"/shared": "it is a shared key", "/good": "",
	}
	var paths []string
	for path := range want {
		paths = append(paths, path)
	}
	store, all, log := start(t, hostile(), paths...)
	for path, why := range want {
		ctx, cancel := context.WithTimeout(t.Context(), testkit.Deadline)
		keys := all[path].First(ctx)
		if ctx.Err() != nil || (keys == nil) != (why != "") ||
			why != "" && !strings.Contains(all[path].Why(), why) {
			t.Errorf("%s: %v, %v, %s", path, ctx.Err(), keys, all[path].Why())
		}
		cancel()
		if why != "" {
			testkit.Eventually(t, path+" is logged", func() bool {
				return strings.Contains(log.String(), "the keys of "+path+" can't be fetched")
			})
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 128<<20 {
		t.Errorf("%d bytes were used", n)
	}
	metrics(t, store)
}

// metrics looks at what Prometheus gets of /good and /gone.
func metrics(t *testing.T, store *Store) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(store.Collector())
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range families {
		for _, m := range f.GetMetric() {
			fmt.Fprintf(&text, "%s %s\n", f.GetName(), m)
		}
	}
	for _, part := range []string{"gateway_jwks_refreshes_total", "gateway_jwks_age_seconds",
		"gateway_jwks_keys", `value:"/good"`, `value:"failed"`} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("the metrics lack %s:\n%s", part, &text)
		}
	}
}
