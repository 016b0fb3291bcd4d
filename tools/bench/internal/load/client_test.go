package load

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
)

// server answers /x with n bytes for the host a.test.
func server(t *testing.T, n int) (*httptest.Server, Target) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "a.test" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = fmt.Fprint(w, strings.Repeat("x", n))
	}))
	t.Cleanup(s.Close)
	return s, Target{
		Addr: strings.TrimPrefix(s.URL, "http://"), Host: "a.test", Path: "/x", Size: n,
	}
}

func TestOnceChecksTheAnswer(t *testing.T) {
	t.Parallel()
	_, good := server(t, 100)
	size, host := good, good
	size.Size++
	host.Host = "b.test"
	for _, c := range []struct {
		name string
		t    Target
		bad  bool
	}{{"as expected", good, false}, {"another size", size, true}, {"no route", host, true}} {
		if err := Once(t.Context(), c.t); (err != nil) != c.bad {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestFirstByteGivesUpWithTheContext(t *testing.T) {
	t.Parallel()
	s, target := server(t, 1)
	if _, err := FirstByte(t.Context(), target); err != nil {
		t.Error(err)
	}
	s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := FirstByte(ctx, target); err == nil {
		t.Error("a closed server answered")
	}
}

func TestIdleConnectionsStayOrAreMissed(t *testing.T) {
	t.Parallel()
	s, target := server(t, 1)
	idle, err := OpenIdle(t.Context(), target, 8)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	if n := idle.Open(); n != 8 {
		t.Errorf("%d of 8 connections are open", n)
	}
	s.CloseClientConnections()
	// The server closes them in its own time.
	for end := time.Now().Add(10 * time.Second); idle.Open() != 0; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d closed connections count as open", idle.Open())
		}
	}
}
