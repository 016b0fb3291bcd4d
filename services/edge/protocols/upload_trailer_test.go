package protocols_test

import (
	"strings"
	"testing"

	xhttp2 "golang.org/x/net/http2"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// An upload that an endpoint refuses is sent again, whole, and with its own trailer only: not with
// that of the request before it. Both requests come in one piece, so that the second is certain to
// be served with the buffers that the first has used.
func TestRetriedUploadHasNoTrailerOfAnEarlierRequest(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	refused := make(chan struct{})
	uploads := make(chan *heard, 3)
	address := serveScript(t, authority, "h2c", func(f *frames, id uint32, h *heard) {
		switch {
		case h.index == 1 && len(h.body) > 0 && !h.ended:
			_ = f.WriteRSTStream(id, xhttp2.ErrCodeRefusedStream)
			h.ended = true
			return
		case h.index == 2 && len(h.body) > 0 && !h.ended:
			close(refused) // the first half has come again
			return
		case h.ended:
			uploads <- h
			f.head(id, true, ":status", "200", "content-length", "0")
		}
	})
	f := testkit.StartFront(t, authority, testkit.Cluster{Address: address, Protocol: "h2c"})
	c := testkit.Dial(t, f.Addr("plain"))
	const head = "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"
	const first = head + "5\r\nfirst\r\n0\r\nX-Sum: 7\r\n\r\n"
	if err := c.Send(first + head + "6\r\nhello \r\n"); err != nil {
		t.Fatal(err)
	}
	if r := c.Final(t, "POST"); r.Status != 200 {
		t.Fatalf("the first upload is answered %d", r.Status)
	}
	if h := <-uploads; h.seen[len(h.seen)-1] != "HEADERS (x-sum: 7) END_STREAM" {
		t.Fatalf("the first upload comes as %v", h)
	}
	select {
	case <-refused:
	case h := <-uploads:
		t.Fatalf("the second upload ends before its client ends it: %v", h)
	case <-within(t, testkit.Deadline).Done():
		t.Fatal("the refused upload is not sent again")
	}
	if err := c.Send("5\r\nworld\r\n0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if r := c.Final(t, "POST"); r.Status != 200 {
		t.Fatalf("the second upload is answered %d", r.Status)
	}
	if h := <-uploads; string(h.body) != "hello world" || strings.Contains(h.String(), "x-sum") {
		t.Errorf("the second upload comes as %v: %q", h, h.body)
	}
}
