package websocket_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

var socketWays = []string{"HTTP/1.1", "HTTP/1.1 over TLS", "HTTP/2", "HTTP/2 over TLS"}

// opened are the statuses of a handshake that worked (RFC 6455 section 4.2.2, RFC 8441 section 5).
var opened = map[int]bool{101: true, 200: true}

// everySocket runs a test for each way of a client, and each of an endpoint.
func everySocket(
	t *testing.T, o testkit.Cluster,
	do func(t *testing.T, f *testkit.Front, way string, ends <-chan error),
) {
	t.Helper()
	authority := testkit.NewAuthority(t)
	for protocol, start := range map[string]func(testing.TB) (string, <-chan error){
		"http1": newSocketEndpoint, "h2c": newSocketEndpoint2,
	} {
		for _, way := range socketWays {
			t.Run(way+" to "+protocol, func(t *testing.T) {
				t.Parallel()
				o := o
				o.Protocol = protocol
				var ends <-chan error
				o.Address, ends = start(t)
				do(t, testkit.StartFront(t, authority, o), way, ends)
			})
		}
	}
}

func mustOpen(t testing.TB, f *testkit.Front, way string) *socket {
	t.Helper()
	s, status, header := openSocket(t, f, way, "/chat")
	if !opened[status] || header.Get("Sec-Websocket-Protocol") != "chat" {
		t.Fatalf("the handshake is answered %d %v", status, header)
	}
	return s
}

func ended(t testing.TB, ends <-chan error) error {
	t.Helper()
	select {
	case err := <-ends:
		return err
	case <-time.After(testkit.Deadline):
		t.Fatal("the endpoint's end stays open")
		return nil
	}
}

// Messages, parts of messages, pings and the close pass through as they are, both ways.
func TestWebSocketFramesPassThrough(t *testing.T) {
	t.Parallel()
	everySocket(t, testkit.Cluster{},
		func(t *testing.T, f *testkit.Front, way string, ends <-chan error) {
			s := mustOpen(t, f, way)
			for _, fr := range []wsFrame{
				{op: wsText, final: true, payload: []byte("hello")},
				{op: wsText, payload: []byte("a part ")},
				{op: wsMore, final: true, payload: []byte("and the rest")},
				{op: wsBytes, final: true, payload: bytes.Repeat([]byte{0, 1, 0xff}, 400)},
				{op: wsText, final: true},
			} {
				s.send(fr)
				s.want(fr)
			}
			s.send(wsFrame{op: wsPing, final: true, payload: []byte("are you there?")})
			s.want(wsFrame{op: wsPong, final: true, payload: []byte("are you there?")})
			large := wsFrame{
				op: wsBytes, final: true, payload: bytes.Repeat([]byte("0123456789"), 5_000),
			}
			if strings.HasSuffix(t.Name(), "http1") { // the other endpoint has no notion of windows
				large.payload = bytes.Repeat(large.payload, 40)
			}
			sent := make(chan error, 1)
			go func() { sent <- writeFrame(s.w, large, true) }()
			s.want(large)
			if err := <-sent; err != nil {
				t.Fatal(err)
			}
			bye := wsFrame{op: wsClose, final: true, payload: []byte("\x03\xe8enough")}
			s.send(bye)
			s.want(bye)
			if err := ended(t, ends); err != nil {
				t.Errorf("the endpoint's end: %v", err)
			}
			if b, err := io.ReadAll(s.r); len(b) > 0 || err != nil {
				t.Errorf("after the close came %q, %v", b, err)
			}
		})
}

// An endpoint that refuses a WebSocket is heard.
func TestWebSocketRefusalIsPassedOn(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	address, _ := newSocketEndpoint(t)
	f := testkit.StartFront(t, authority, testkit.Cluster{Address: address})
	for _, way := range socketWays {
		t.Run(way, func(t *testing.T) {
			if _, status, header := openSocket(t, f, way, "/forbidden"); status != 403 {
				t.Errorf("it is answered %d %v", status, header)
			}
		})
	}
}

// A client that vanishes takes the endpoint's end with it.
func TestWebSocketEndsWithItsClient(t *testing.T) {
	t.Parallel()
	everySocket(t, testkit.Cluster{},
		func(t *testing.T, f *testkit.Front, way string, ends <-chan error) {
			s := mustOpen(t, f, way)
			s.send(wsFrame{op: wsText, final: true, payload: []byte("hello")})
			s.want(wsFrame{op: wsText, final: true, payload: []byte("hello")})
			s.end()
			if err := ended(t, ends); err == nil {
				t.Error("the endpoint was sent a close")
			}
			testkit.Eventually(t, "nothing is left", func() bool {
				return f.Metrics(t)[`gateway_active_requests{route="all"}`] == 0
			})
		})
}

// timeouts.idle ends a WebSocket without a byte either way; a ping now and then keeps it.
func TestWebSocketIdleLimit(t *testing.T) {
	t.Parallel()
	const idle = 500 * time.Millisecond
	everySocket(t,
		testkit.Cluster{
			Route:    ", timeouts: {idle: 500ms}",
			Listener: ", timeouts: {body_idle: 300ms, keepalive: 300ms}",
			More:     ", timeouts: {response: 300ms}",
		},
		func(t *testing.T, f *testkit.Front, way string, ends <-chan error) {
			s := mustOpen(t, f, way)
			tick := time.NewTicker(idle / 5)
			defer tick.Stop()
			for range 15 { // three times the limit
				<-tick.C
				s.send(wsFrame{op: wsPing, final: true})
				s.want(wsFrame{op: wsPong, final: true})
			}
			quiet := time.Now()
			_, err := s.r.ReadByte()
			if took := time.Since(quiet); err == nil || took < idle/2 || took > testkit.Deadline {
				t.Errorf("after %v of silence: %v", took, err)
			}
			if err := ended(t, ends); err == nil {
				t.Error("the endpoint was sent a close")
			}
		})
}

// An open WebSocket is kept by reloads, whatever becomes of its route.
func TestWebSocketLivesThroughReloads(t *testing.T) {
	t.Parallel()
	everySocket(t, testkit.Cluster{},
		func(t *testing.T, f *testkit.Front, way string, _ <-chan error) {
			s := mustOpen(t, f, way)
			for n, change := range []string{
				"name: all, path_prefix: /other", "name: all, path_prefix: /third",
			} {
				edgetest.Edit(t, f, []string{"name: all", "name: all, path_prefix: /other"}[n],
					change)
				s.send(wsFrame{op: wsText, final: true, payload: []byte(change)})
				s.want(wsFrame{op: wsText, final: true, payload: []byte(change)})
			}
		})
}
