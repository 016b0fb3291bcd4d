package protocols_test

import (
	"fmt"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A request says how it ends, and its endpoint must hear the same in its own protocol. Some
// servers look at more than the bytes of a body: gRPC's answer no call whose HEADERS end the
// stream, because its protocol wants a DATA frame there. The rules of the table:
//
//   - Without a body stays without a body: no field over HTTP/1.1, END_STREAM on HEADERS over
//     HTTP/2.
//   - Content-Length: 0 stays, whatever ends the stream.
//   - An end behind the head, without a length, is an end behind the head: the last chunk over
//     HTTP/1.1 (RFC 9112 section 7.1), an empty DATA frame with END_STREAM over HTTP/2.
//   - A trailer is the end, and goes on as one. Only a body of announced length has no room for it
//     over HTTP/1.1, and loses it (RFC 9110 section 6.5.1 lets it).
//
// None of it may depend on whether the end has come when the gateway looks at the request.
var requestEnds = []struct {
	name string
	// The request over HTTP/1.1: a head, and what comes behind it.
	head, rest string
	// Or over HTTP/2: the fields of a head that does not end the stream if data or trailer is set.
	fields        []string
	data, trailer bool
	// What the endpoint gets.
	one, two string
}{
	{name: "HTTP/1.1 without a body", head: "\r\n", one: "no body", two: "HEADERS END_STREAM"},
	{
		name: "HTTP/1.1 with a length of 0", head: "Content-Length: 0\r\n\r\n",
		one: "length 0", two: "HEADERS (content-length: 0) END_STREAM",
	},
	{
		name: "HTTP/1.1 with no chunks", head: chunkedHead, rest: "0\r\n\r\n",
		one: "chunks", two: "HEADERS, DATA of 0 END_STREAM",
	},
	{
		name: "HTTP/1.1 with no chunks and a trailer",
		head: chunkedHead, rest: "0\r\nX-Sum: 7\r\n\r\n",
		one: "chunks, x-sum: 7", two: "HEADERS, HEADERS (x-sum: 7) END_STREAM",
	},
	{name: "HTTP/2 ended by HEADERS", one: "no body", two: "HEADERS END_STREAM"},
	{
		name: "HTTP/2 with a length of 0, ended by HEADERS", fields: lengthZero,
		one: "length 0", two: "HEADERS (content-length: 0) END_STREAM",
	},
	{
		name: "HTTP/2 ended by DATA", data: true,
		one: "chunks", two: "HEADERS, DATA of 0 END_STREAM",
	},
	{
		name: "HTTP/2 with a length of 0, ended by DATA", fields: lengthZero, data: true,
		one: "length 0", two: "HEADERS (content-length: 0), DATA of 0 END_STREAM",
	},
	{
		name: "HTTP/2 ended by a trailer", trailer: true,
		one: "chunks, x-sum: 7", two: "HEADERS, HEADERS (x-sum: 7) END_STREAM",
	},
	{
		name: "HTTP/2 with a length of 0, ended by a trailer", fields: lengthZero, trailer: true,
		one: "length 0", two: "HEADERS (content-length: 0), HEADERS (x-sum: 7) END_STREAM",
	},
}

const chunkedHead = "Transfer-Encoding: chunked\r\n\r\n"

var lengthZero = []string{"content-length", "0"}

// requestListener is an endpoint that answers every request when it has ended. It tells when the
// head of one has come, and how one came in all.
func requestListener(t *testing.T, authority *testkit.Authority, protocol string) (
	address string, heads chan struct{}, came chan string,
) {
	heads, came = make(chan struct{}, 1), make(chan string, 1)
	if protocol != "http1" {
		return serveScript(t, authority, protocol, func(f *frames, id uint32, h *heard) {
			if len(h.seen) == 1 {
				heads <- struct{}{}
			}
			if h.ended {
				came <- h.String()
				f.head(id, true, ":status", "204")
			}
		}), heads, came
	}
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			r, err := c.Head()
			if err != nil {
				return
			}
			heads <- struct{}{}
			if testkit.ReadRequestBody(c.Reader(), r) != nil {
				return
			}
			said := "no body"
			if r.Chunked {
				said = "chunks"
			} else if r.Fields.Has("Content-Length") {
				said = "length " + r.Fields.Get("Content-Length")
			}
			if r.Trailers.Has("X-Sum") {
				said += ", x-sum: " + r.Trailers.Get("X-Sum")
			}
			came <- said
			if c.Send("HTTP/1.1 204 No Content\r\n\r\n") != nil {
				return
			}
		}
	})
	return up.Addr(), heads, came
}

func TestRequestEndsAsItsClientSaid(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	for _, protocol := range []string{"http1", "h2c", "h2"} {
		t.Run("to "+protocol, func(t *testing.T) {
			t.Parallel()
			address, heads, came := requestListener(t, authority, protocol)
			f := testkit.StartFront(t, authority, testkit.Cluster{
				Address: address, Protocol: protocol,
			})
			for _, c := range requestEnds {
				for _, late := range []bool{false, true} {
					if late && c.rest == "" && !c.data && !c.trailer {
						continue // the head is all there is
					}
					t.Run(fmt.Sprintf("%s, late %v", c.name, late), func(t *testing.T) {
						// wait lets the rest of the request come after its head was dealt with.
						wait := func() {
							select {
							case <-heads:
							case <-within(t, testkit.Deadline).Done():
								t.Fatal("the head does not come to the endpoint")
							}
						}
						if c.head != "" {
							sendOne(t, f, c.head, c.rest, late, wait)
						} else {
							sendTwo(t, f, c.fields, c.data, c.trailer, late, wait)
						}
						want := c.two
						if protocol == "http1" {
							want = c.one
						}
						select {
						case got := <-came:
							if got != want {
								t.Errorf("the endpoint gets %q, want %q", got, want)
							}
						case <-within(t, testkit.Deadline).Done():
							t.Fatal("the request does not end at the endpoint")
						}
						if !late {
							<-heads
						}
					})
				}
			}
		})
	}
}

// sendOne sends a request over HTTP/1.1, its rest late or in one piece with its head.
func sendOne(t *testing.T, f *testkit.Front, head, rest string, late bool, wait func()) {
	t.Helper()
	c := testkit.Dial(t, f.Addr("plain"))
	head = "POST / HTTP/1.1\r\nHost: a.test\r\n" + head
	if !late {
		head, rest = head+rest, ""
	}
	if err := c.Send(head); err != nil {
		t.Fatal(err)
	}
	if late {
		wait()
		if err := c.Send(rest); err != nil {
			t.Fatal(err)
		}
	}
	if r := c.Final(t, "POST"); r.Status != 204 {
		t.Errorf("the client gets %d", r.Status)
	}
}

// sendTwo sends a request over HTTP/2 that ends with its HEADERS unless data or trailer is set.
func sendTwo(
	t *testing.T, f *testkit.Front, fields []string, data, trailer, late bool, wait func(),
) {
	t.Helper()
	c := dialFrames(t, f.Addr("h2c"))
	c.head(1, !data && !trailer, append(requestFields("POST"), fields...)...)
	if late {
		c.flush()
		wait()
	}
	switch {
	case data:
		_ = c.WriteData(1, true, nil)
	case trailer:
		c.head(1, true, "x-sum", "7")
	}
	c.flush()
	h := &heard{}
	if c.hear(t, 1, h, func() bool { return h.ended }); h.String() != "HEADERS END_STREAM" {
		t.Errorf("the client gets %v", h)
	}
}
