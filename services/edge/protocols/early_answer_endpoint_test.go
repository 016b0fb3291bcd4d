package protocols_test

import (
	"fmt"
	"net"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// prompt is how soon an endpoint is left that is not needed any more. It is far from the seconds
// for which a client of an early answer is waited for.
const prompt = 2 * time.Second

// A request that was answered early holds no connection to its endpoint while the rest of its body
// is taken in from the client: whether the client goes on to send, waits or does nothing.
func TestAnEarlyAnswerOfAStreamLeavesTheEndpointAtOnce(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	for _, c := range []struct {
		name, answer string // of the endpoint; "": none
		route        string
		length       int
		first        int // bytes that are sent with the head
		status       string
	}{
		{"the route refuses what comes", "", ", max_body_bytes: 40000", 0, 50_000, "413"},
		{"the endpoint says 401", "HTTP/1.1 401 No\r\nContent-Length: 4\r\n\r\nwho?",
			", max_body_bytes: 0", 10 << 20, 50_000, "401"},
		{"the endpoint says 413 and close",
			"HTTP/1.1 413 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
			", max_body_bytes: 0", 0, 50_000, "413"},
		{"the endpoint says 401 and the client has sent no body",
			"HTTP/1.1 401 No\r\nContent-Length: 4\r\n\r\nwho?", ", max_body_bytes: 0", 10 << 20,
			0, "401"},
	} {
		for _, sends := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, goes on %v", c.name, sends), func(t *testing.T) {
				t.Parallel()
				ended := make(chan struct{}, 1)
				up := testkit.NewUpstream(t, func(conn *testkit.Conn) {
					if _, err := conn.Head(); err == nil && c.answer != "" {
						_ = conn.Send(c.answer)
					}
					_ = conn.Drain()
					ended <- struct{}{}
				})
				f := testkit.StartFront(t, authority, testkit.Cluster{
					Address: up.Addr(), Route: c.route,
				})
				conn, err := net.DialTimeout("tcp", f.Addr("h2c"), testkit.Deadline)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(testkit.Deadline))
				fr := newFrames(conn)
				fr.out.WriteString(xhttp2.ClientPreface)
				_ = fr.WriteSettings()
				fields := requestFields("POST")
				if c.length > 0 {
					fields = append(fields, "content-length", fmt.Sprint(c.length))
				}
				fr.head(1, false, fields...)
				for left := c.first; left > 0; left -= min(left, 10_000) {
					_ = fr.WriteData(1, false, make([]byte, min(left, 10_000)))
				}
				fr.flush()
				for status := ""; status != c.status; {
					frame, err := fr.next()
					if err != nil {
						t.Fatal(err)
					}
					if head, ok := frame.(*xhttp2.MetaHeadersFrame); ok {
						status = head.PseudoValue("status")
					}
				}
				from := time.Now()
				if sends { // a little, as a slow client does
					_ = fr.WriteData(1, false, make([]byte, 1000))
					fr.flush()
				}
				select {
				case <-ended:
				case <-time.After(testkit.Deadline):
					t.Fatal("the endpoint's connection stays open")
				}
				if took := time.Since(from); took > prompt {
					t.Errorf("the endpoint's connection was open for another %v", took)
				}
			})
		}
	}
}
