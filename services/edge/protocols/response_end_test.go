package protocols_test

import (
	"bufio"
	"fmt"
	"slices"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A response without a byte of a body may still have a trailer, which is where gRPC says how a call
// went, and a response that HEADERS end must not become one that something else ends: to gRPC that
// one is trailers only. Whether an empty body ends with the head or behind it means nothing
// otherwise (RFC 9113 section 8.1), so there both are fine.
var responseEnds = []struct {
	name string
	// The response over HTTP/1.1: a head, and what comes behind it.
	head, rest string
	// Or over HTTP/2: what ends the stream. If neither does, HEADERS do.
	data, trailer bool
	// What the client gets.
	one, two []string
}{
	{
		name: "HTTP/1.1 with a length of 0", head: "Content-Length: 0\r\n\r\n",
		one: []string{"length 0"}, two: []string{"HEADERS (content-length: 0) END_STREAM"},
	},
	{
		name: "HTTP/1.1 with no chunks", head: chunkedHead, rest: "0\r\n\r\n",
		one: []string{"chunks"}, two: emptyEnds,
	},
	{
		name: "HTTP/1.1 with no chunks and a trailer",
		head: chunkedHead, rest: "0\r\nX-Sum: 7\r\n\r\n",
		one: []string{"chunks, x-sum: 7"}, two: []string{"HEADERS, HEADERS (x-sum: 7) END_STREAM"},
	},
	{name: "HTTP/2 ended by HEADERS", one: []string{"chunks"}, two: []string{"HEADERS END_STREAM"}},
	{
		name: "HTTP/2 ended by DATA", data: true,
		one: []string{"chunks"}, two: emptyEnds,
	},
	{
		name: "HTTP/2 ended by a trailer", trailer: true,
		one: []string{"chunks, x-sum: 7"}, two: []string{"HEADERS, HEADERS (x-sum: 7) END_STREAM"},
	},
}

var emptyEnds = []string{"HEADERS, DATA of 0 END_STREAM", "HEADERS END_STREAM"}

func TestResponseEndsAsItsEndpointSaid(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	for _, c := range responseEnds {
		for _, late := range []bool{false, true} {
			if late && c.rest == "" && !c.data && !c.trailer {
				continue // the head is all there is
			}
			t.Run(fmt.Sprintf("%s, late %v", c.name, late), func(t *testing.T) {
				t.Parallel()
				seen := make(chan struct{}, 1)
				headCame := func() { // to the client
					if late {
						seen <- struct{}{}
					}
				}
				o := testkit.Cluster{}
				if c.head != "" {
					o.Address = testkit.NewUpstream(t, func(up *testkit.Conn) {
						for {
							if _, err := up.Request(); err != nil {
								return
							}
							head, rest := "HTTP/1.1 200 OK\r\n"+c.head, c.rest
							if !late {
								head, rest = head+rest, ""
							}
							_ = up.Send(head)
							if late {
								<-seen
								_ = up.Send(rest)
							}
						}
					}).Addr()
				} else {
					o.Protocol = "h2c"
					o.Address = serveScript(t, authority, "h2c",
						func(f *frames, id uint32, _ *heard) {
							f.head(id, !c.data && !c.trailer, ":status", "200")
							if late {
								f.flush()
								<-seen
							}
							switch {
							case c.data:
								_ = f.WriteData(id, true, nil)
							case c.trailer:
								f.head(id, true, "x-sum", "7")
							}
						})
				}
				f := testkit.StartFront(t, authority, o)
				if got := overOne(t, f, headCame); !slices.Contains(c.one, got) {
					t.Errorf("over HTTP/1.1 the client gets %q, want %q", got, c.one)
				}
				if got := overTwo(t, f, headCame); !slices.Contains(c.two, got) {
					t.Errorf("over HTTP/2 the client gets %q, want %q", got, c.two)
				}
			})
		}
	}
}

// overOne says how a response comes over HTTP/1.1.
func overOne(t *testing.T, f *testkit.Front, headCame func()) string {
	t.Helper()
	c := testkit.Dial(t, f.Addr("plain"))
	if err := c.Send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	r, err := c.Head()
	if err != nil {
		t.Fatal(err)
	}
	headCame()
	if err := testkit.ReadResponseBody(bufio.NewReader(c), r, "GET"); err != nil {
		t.Fatal(err)
	}
	said := "length " + r.Fields.Get("Content-Length")
	if r.Chunked {
		said = "chunks"
	}
	if r.Trailers.Has("X-Sum") {
		said += ", x-sum: " + r.Trailers.Get("X-Sum")
	}
	return said
}

// overTwo says how a response comes over HTTP/2.
func overTwo(t *testing.T, f *testkit.Front, headCame func()) string {
	t.Helper()
	c := dialFrames(t, f.Addr("h2c"))
	c.head(1, true, requestFields("GET")...)
	c.flush()
	h := &heard{}
	c.hear(t, 1, h, func() bool { return len(h.seen) == 1 })
	headCame()
	c.hear(t, 1, h, func() bool { return h.ended })
	return h.String()
}
