package websocket_test

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// connected is what comes of an extended CONNECT (RFC 8441).
type connected struct {
	status string
	body   []byte
}

// connect sends one with DATA right behind it, which ends the stream, and reads to the
// end of what comes.
func connect(t *testing.T, f *testkit.Front, protocol, path string, data []byte) (got connected) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", f.Addr("h2c"), testkit.Deadline)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(testkit.Deadline)); err != nil {
		t.Fatal(err)
	}
	var out, block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	for _, p := range [][2]string{
		{":method", "CONNECT"}, {":protocol", protocol}, {":scheme", "http"},
		{":authority", "a.test"}, {":path", path}, {"sec-websocket-version", "13"},
	} {
		if err := enc.WriteField(hpack.HeaderField{Name: p[0], Value: p[1]}); err != nil {
			t.Fatal(err)
		}
	}
	out.WriteString(xhttp2.ClientPreface)
	w := xhttp2.NewFramer(&out, nil)
	for _, err := range []error{
		w.WriteSettings(), w.WriteSettingsAck(),
		w.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true,
		}),
		w.WriteData(1, true, data),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.Write(out.Bytes()); err != nil {
		t.Fatal(err)
	}
	r := xhttp2.NewFramer(nil, conn)
	dec := hpack.NewDecoder(4096, func(h hpack.HeaderField) {
		if h.Name == ":status" {
			got.status = h.Value
		}
	})
	for {
		frame, err := r.ReadFrame()
		if err != nil {
			t.Fatalf("after %+v: %v", got, err)
		}
		ended := false
		switch frame := frame.(type) {
		case *xhttp2.HeadersFrame:
			if _, err := dec.Write(frame.HeaderBlockFragment()); err != nil {
				t.Fatal(err)
			}
			ended = frame.StreamEnded()
		case *xhttp2.DataFrame:
			got.body = append(got.body, frame.Data()...)
			ended = frame.StreamEnded()
		case *xhttp2.RSTStreamFrame:
			t.Fatalf("after %+v: %v", got, frame)
		}
		if ended {
			return got
		}
	}
}

// What a client sends before it is told that its tunnel is open gets through it; and
// nobody is told of a tunnel that there is not.
func TestCONNECTOpensATunnelOrSaysThatItDoesNot(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		r, err := c.Head()
		if err != nil {
			return
		}
		if r.Target == "/page" {
			_ = c.Send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>")
			return
		}
		if err := c.Send(edgetest.UpgradeAnswer); err == nil {
			_ = c.Echo()
		}
	})
	f := testkit.StartFront(t, testkit.NewAuthority(t), testkit.Cluster{Address: up.Addr()})
	if got := connect(t, f, "websocket", "/", []byte("early")); got.status != "200" ||
		string(got.body) != "early" {
		t.Errorf("a tunnel: %s %q", got.status, got.body)
	}
	if got := connect(t, f, "websocket", "/page", nil); got.status != "502" ||
		!strings.Contains(string(got.body), "GW_UPSTREAM_PROTOCOL") {
		t.Errorf("a page in place of a tunnel: %s %q", got.status, got.body)
	}
	before := len(up.Conns())
	if got := connect(t, f, "h2c", "/", nil); got.status != "501" ||
		!strings.Contains(string(got.body), "GW_NOT_IMPLEMENTED") {
		t.Errorf("a protocol that is never passed on: %s %q", got.status, got.body)
	}
	if len(up.Conns()) != before {
		t.Error("the endpoint was asked about it")
	}
}
