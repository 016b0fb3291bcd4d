package upstream

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// LookAround is how often a request that waits looks whether its client is
// still there. A turn that got lost costs as much.
const LookAround = 100 * time.Millisecond

// A waiter is a request that waits for a connection.
type waiter struct {
	turn chan struct{} // holds one
}

// Wait waits in line for a connection, after Borrow and Dial had none. It gives
// up with ErrOverloaded when MaxPending requests wait already, when limit has
// passed (0: never), or when gone, which it asks now and then, says that
// nobody waits for the answer any more.
func (e *Endpoint) Wait(limit time.Duration, gone func() bool) (conn *Conn, err error) {
	err = e.cluster.stand(limit, gone, func() error {
		if conn = e.Borrow(); conn != nil {
			return nil
		}
		conn, err = e.Dial(context.Background())
		return err
	})
	return conn, err
}

// WaitBy is Wait for a connection as DialBy makes it: for one client alone, so that no
// idle one will do. It gives up when until has passed as well, unless that is zero, and
// soon after ctx has ended.
func (e *Endpoint) WaitBy(
	ctx context.Context, header []byte, until time.Time, gone func() bool,
) (conn *Conn, err error) {
	limit := e.cluster.options.Load().ConnectTimeout
	if !until.IsZero() {
		limit = max(time.Until(until), 1)
	}
	left := func() bool { return ctx.Err() != nil || gone() }
	err = e.cluster.stand(limit, left, func() error {
		conn, err = e.DialBy(ctx, header, until)
		return err
	})
	return conn, err
}

// What a wait for a connection ends with. Each is ErrOverloaded.
var (
	// ErrLineFull says that as many requests wait as may (MaxPending).
	ErrLineFull = fmt.Errorf("%w, and as many requests wait as may", ErrOverloaded)
	// ErrLineLong says that no turn came in time.
	ErrLineLong = fmt.Errorf("%w, and none became free in time", ErrOverloaded)
	// ErrShare says that the client's address has as many of them as it may.
	ErrShare = fmt.Errorf("%w, and the client has its share of them", ErrOverloaded)
)

// stand stands in line for what try tries to get, which it is asked for again and
// again while it returns ErrOverloaded.
func (c *Cluster) stand(limit time.Duration, gone func() bool, try func() error) error {
	o := c.options.Load()
	if c.waiting.Add(1) > int64(o.MaxPending) {
		c.waiting.Add(-1)
		o.Metrics.Refused(metrics.QueueFull)
		return ErrLineFull
	}
	began := time.Now()
	w := &waiter{turn: make(chan struct{}, 1)}
	c.line(w, false)
	defer c.step(w)
	tick := time.NewTicker(LookAround)
	defer tick.Stop()
	var end <-chan time.Time
	if limit > 0 {
		t := time.NewTimer(limit)
		defer t.Stop()
		end = t.C
	}
	for {
		// Standing in line first and trying then means that what becomes free in
		// between is not missed.
		waited := time.Since(began) // without the making of a connection
		if err := try(); err != ErrOverloaded {
			o.Metrics.Waited(waited)
			return err
		}
		select {
		case <-w.turn:
			c.line(w, true) // another request may be faster still
		case <-tick.C:
			if gone() {
				o.Metrics.Refused(metrics.QueueLeft)
				return ErrOverloaded
			}
		case <-end:
			o.Metrics.Refused(metrics.QueueTimeout)
			return ErrLineLong
		}
	}
}

// line puts a waiter in line: at its end, or back at the front.
func (c *Cluster) line(w *waiter, front bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if front {
		c.queue = slices.Insert(c.queue, 0, w)
	} else {
		c.queue = append(c.queue, w)
	}
}

// step takes a waiter that goes away out of the line. A turn it was given and
// did not use is the next one's.
func (c *Cluster) step(w *waiter) {
	c.waiting.Add(-1)
	c.mu.Lock()
	i := slices.Index(c.queue, w)
	if i >= 0 {
		c.queue = slices.Delete(c.queue, i, i+1)
	}
	c.mu.Unlock()
	if i < 0 {
		c.freed()
	}
}

// freed gives the first in line its turn. Without a line, which is how things
// are up to the limit, it costs one load.
func (c *Cluster) freed() {
	if c.waiting.Load() == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		return
	}
	w := c.queue[0]
	c.queue = c.queue[1:]
	w.turn <- struct{}{} // it holds one, and a waiter in line has none
}
