package faults_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// A response that does not say close promises another request (RFC 9112 section 9.3), whatever the
// order in which the two directions of an exchange come to their end.
func TestBodiesNeverCostTheConnection(t *testing.T) {
	t.Parallel()
	const clients, rounds = 16, 500
	e, _ := edgetest.StartPatient(t, testkit.Answer(edgetest.OK))
	requests := []string{
		"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n" +
			"X-T: 1\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\n" +
			"bc\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello",
		"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n",
	}
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			if err := oneConnection(e.Addr("public"), requests[i%len(requests)],
				rounds); err != nil {
				t.Errorf("client %d, %q: %v", i, requests[i%len(requests)], err)
			}
		})
	}
	wg.Wait()
}

func oneConnection(addr, request string, rounds int) error {
	c, err := testkit.DialTimeout(addr, testkit.Deadline)
	if err != nil {
		return err
	}
	defer c.Close()
	for n := range rounds {
		if err := c.Send(request); err != nil {
			return fmt.Errorf("sending request %d: %w", n, err)
		}
		r, err := c.Response("POST")
		if err != nil {
			return fmt.Errorf("reading answer %d: %w", n, err)
		}
		if r.Status != 200 || r.Fields.Has("Connection") {
			return fmt.Errorf("answer %d is %d, %v", n, r.Status, r.Fields)
		}
	}
	return nil
}
