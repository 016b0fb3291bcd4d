package http2_test

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
)

// TestBothEndsOfThisPackageUnderstandEachOther: many streams at once, bodies both
// ways, trailers both ways.
func TestBothEndsOfThisPackageUnderstandEachOther(t *testing.T) {
	s := listen(t, mirror, nil)
	c := call(t, s.addr(), callerOptions{}).ready()
	exchangeBodies(t, c)
}

// exchangeBodies posts bodies to what sends them back with a trailer.
func exchangeBodies(t *testing.T, c *caller) {
	t.Helper()
	var wg sync.WaitGroup
	for worker := range 20 {
		wg.Go(func() {
			for round := range 10 {
				if err := exchangeBody(c, pattern(uint32(worker), round*20_000)); err != nil {
					t.Errorf("worker %d, round %d: %v", worker, round, err)
				}
			}
		})
	}
	wg.Wait()
	if c.Streams() != 0 {
		t.Errorf("%d streams are in use at the end", c.Streams())
	}
}

func exchangeBody(c *caller, body []byte) error {
	s := c.Open()
	if s == nil {
		return fmt.Errorf("no room")
	}
	defer s.Close()
	s.SetWait(deadline, deadline)
	s.Fields().AddString("X-Kind", "test")
	if err := s.WriteHead(target("POST", "/"), body[:len(body)/3], false); err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() { sent <- s.WriteBody(body[len(body)/3:], true) }()
	g := receive(s)
	if err := <-sent; err != nil {
		return err
	}
	if g.err != nil || g.status != 200 || !bytes.Equal(g.body, body) ||
		g.trailer["x-count"] != fmt.Sprint(len(body)) {
		return fmt.Errorf("status %d, %d of %d bytes, trailer %v, %v", g.status, len(g.body),
			len(body), g.trailer, g.err)
	}
	return nil
}
