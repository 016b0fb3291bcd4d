// Package websocket_test does what this folder's README does, step by step, so that the README
// stays true.
package websocket_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/examples/talk"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// start runs the server and the edge.
func start(t *testing.T) *exampletest.Edge {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: talk.Chat()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(ln)
	}()
	t.Cleanup(func() { _ = s.Close(); <-done })
	return exampletest.Start(t, map[string]string{"127.0.0.1:9000": ln.Addr().String()})
}

// A socket is a client's.
type socket struct {
	net.Conn
	r *bufio.Reader
}

func open(t *testing.T, edge *exampletest.Edge) *socket {
	t.Helper()
	conn, err := net.DialTimeout("tcp", edge.Addr("public"), testkit.Deadline)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	s := &socket{Conn: conn, r: bufio.NewReader(conn)}
	if _, err := fmt.Fprint(conn,
		"GET /chat HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Version: 13\r\n"+
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	r, err := testkit.ReadResponseHead(s.r)
	if err != nil || r.Status != 101 ||
		r.Fields.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("the handshake is answered %+v, %v", r, err)
	}
	s.want(t, 0x81, "welcome")
	return s
}

func (s *socket) send(t *testing.T, first byte, text string) {
	t.Helper()
	if err := talk.WriteFrame(s, first, []byte(text), []byte("mask")); err != nil {
		t.Fatal(err)
	}
}

func (s *socket) want(t *testing.T, first byte, text string) {
	t.Helper()
	if got, payload, err := talk.ReadFrame(s.r); err != nil || got != first ||
		string(payload) != text {
		t.Fatalf("got %x %q, %v, want %x %q", got, payload, err, first, text)
	}
}

func TestAChat(t *testing.T) {
	edge := start(t)

	t.Run("messages, pings and the close pass through", func(t *testing.T) {
		s := open(t, edge)
		s.send(t, 0x81, "hello")
		s.want(t, 0x81, "hello")
		s.send(t, 0x89, "there?")
		s.want(t, 0x8a, "there?")
		s.send(t, 0x88, "\x03\xe8bye")
		s.want(t, 0x88, "\x03\xe8bye")
	})

	t.Run("a socket is kept when its route is gone", func(t *testing.T) {
		s := open(t, edge)
		edge.Edit(t, "path_prefix: /chat", "path_prefix: /talk")
		edge.Reload(t)
		s.send(t, 0x81, "still here")
		s.want(t, 0x81, "still here")
		if a := edge.Do(t, "GET", "/chat", nil); a.Status != 404 {
			t.Errorf("a new one is answered %d", a.Status)
		}
		edge.Edit(t, "path_prefix: /talk", "path_prefix: /chat")
		edge.Reload(t)
	})

	t.Run("what is no WebSocket is told so by the server", func(t *testing.T) {
		if a := edge.Do(t, "GET", "/chat", nil); a.Status != http.StatusUpgradeRequired {
			t.Errorf("it is answered %d", a.Status)
		}
	})

	t.Run("silence ends it, a ping now and then does not let it", func(t *testing.T) {
		s := open(t, edge)
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for range 6 { // longer than the limit
			<-tick.C
			s.send(t, 0x89, "")
			s.want(t, 0x8a, "")
		}
		from := time.Now()
		if _, err := s.r.ReadByte(); err == nil || time.Since(from) < time.Second {
			t.Errorf("after %v of silence: %v", time.Since(from), err)
		}
	})
}
