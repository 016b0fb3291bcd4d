package h2_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// largeBody is the size of the answer to /large: more than any buffer on its way.
const largeBody = 8 << 20

// newOrigin is an endpoint that keeps a client of /slow waiting, and has much to say to one of
// /large.
func newEndpoint(t testing.TB) *testkit.Upstream {
	block := strings.Repeat("0123456789abcdef", 4096)
	return testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			r, err := c.Head()
			if err != nil {
				return
			}
			switch {
			case strings.HasPrefix(r.Target, "/slow"):
				_ = c.Drain() // the edge closes when its client has gone
				return
			case strings.HasPrefix(r.Target, "/large"):
				const head = "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
				err = c.Send(fmt.Sprintf(head, largeBody))
				for n := 0; n < largeBody && err == nil; n += len(block) {
					err = c.Send(block)
				}
			default:
				if err = testkit.ReadRequestBody(c.Reader(), r); err == nil {
					err = c.Send(page)
				}
			}
			if err != nil {
				return
			}
		}
	})
}
