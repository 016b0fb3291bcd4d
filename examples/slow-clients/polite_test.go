package slowclients_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// pause is how long the polite client thinks between two requests.
const pause = 5 * time.Millisecond

// A polite client asks for /ping again and again on one connection and keeps the times it took.
type polite struct {
	stop chan struct{}
	done sync.WaitGroup
	took []time.Duration // owned by the goroutine until done
	err  error           // owned by the goroutine until done
}

func startPolite(addr string) *polite {
	p := &polite{stop: make(chan struct{})}
	p.done.Go(func() { p.err = p.run(addr) })
	return p
}

func (p *polite) run(addr string) error {
	c, err := testkit.DialTimeout(addr, testkit.Deadline)
	if err != nil {
		return err
	}
	defer c.Close()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		start := time.Now()
		if err := c.Send("GET /ping HTTP/1.1\r\nHost: site.test\r\n\r\n"); err != nil {
			return err
		}
		r, err := c.Response("GET")
		if err != nil || r.Status != 200 {
			return fmt.Errorf("a polite request fails: %+v, %w", r, err)
		}
		p.took = append(p.took, time.Since(start))
		select {
		case <-tick.C:
		case <-p.stop:
			return nil
		}
	}
}

// end stops the client and returns its 99th percentile.
func (p *polite) end(t *testing.T) time.Duration {
	t.Helper()
	close(p.stop)
	p.done.Wait()
	if p.err != nil {
		t.Error(p.err)
	}
	if len(p.took) == 0 {
		return 0
	}
	slices.Sort(p.took)
	return p.took[len(p.took)*99/100]
}
