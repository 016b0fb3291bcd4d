package counted_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// An endpoint counts what comes, as the edge should have counted it.
type endpoint struct {
	*httptest.Server
	ctx      context.Context // ends with the test
	accepted atomic.Int64    // connections
	arrived  sync.Map        // of a key to a channel, closed when the request with it is there

	mu      sync.Mutex
	results map[string]int // requests, by what the edge made of them; guarded by mu
}

// startEndpoint starts one that speaks HTTP/1.1 and HTTP/2 with prior knowledge.
func startEndpoint(t *testing.T) *endpoint {
	e := &endpoint{ctx: t.Context(), results: make(map[string]int)}
	e.Server = httptest.NewUnstartedServer(e)
	e.Config.Protocols = new(http.Protocols)
	e.Config.Protocols.SetHTTP1(true)
	e.Config.Protocols.SetUnencryptedHTTP2(true)
	e.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			e.accepted.Add(1)
		}
	}
	e.Start()
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) address() string { return e.Listener.Addr().String() }

func (e *endpoint) count(result string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.results[result]++
}

// await returns what is closed when the request with a key has come.
func (e *endpoint) await(key string) chan struct{} {
	c, _ := e.arrived.LoadOrStore(key, make(chan struct{}))
	return c.(chan struct{})
}

// ServeHTTP does what the last but one part of the path says.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	what, n := parts[len(parts)-2], 0
	n, _ = strconv.Atoi(parts[len(parts)-1])
	switch what {
	case "hang": // until the edge has had enough; what that is called is said by whom
		if r.ContentLength > 0 {
			_, _ = io.ReadFull(r.Body, make([]byte, n))
		}
		if key := r.Header.Get("X-Key"); key != "" {
			close(e.await(key))
		}
		e.count(r.Header.Get("X-Result"))
		select {
		case <-r.Context().Done():
		case <-e.ctx.Done():
		}
		panic(http.ErrAbortHandler)
	case "reset", "garbage", "websocket":
		e.hijack(w, what)
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	switch what {
	case "slowly":
		<-time.After(time.Duration(n) * time.Millisecond) // what is waited for takes time
		n = 10
	case "call":
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
	case "status":
		e.count(fmt.Sprintf("%dxx", n/100))
		w.WriteHeader(n)
		return
	}
	e.count("2xx")
	w.Header().Set("Content-Type", "application/octet-stream")
	if what == "call" {
		w.Header().Set("Content-Type", "application/grpc")
	}
	_, _ = w.Write(make([]byte, n))
}

// hijack answers in ways that a server does not let a handler.
func (e *endpoint) hijack(w http.ResponseWriter, what string) {
	c, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	defer c.Close()
	switch what {
	case "reset":
		e.count("reset")
		_ = c.(*net.TCPConn).SetLinger(0)
	case "garbage":
		e.count("protocol")
		_, _ = io.WriteString(c, "what?\r\n\r\n")
	case "websocket":
		e.count("1xx")
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"+
			"Upgrade: websocket\r\n\r\n")
		_, _ = io.Copy(c, rw)
	}
}
