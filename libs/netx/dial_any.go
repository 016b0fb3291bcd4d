package netx

import (
	"context"
	"net/netip"
	"time"
)

// nextAfter is how long the first of several addresses has before the next is tried as well
// (RFC 8305 section 5 says 250 ms).
const nextAfter = 250 * time.Millisecond

// DialAny is Dial to the first of some addresses that can be reached, in their order: the
// next is tried when one has failed, or has not answered for a moment. The error is that of
// the first. There must be one.
func DialAny(ctx context.Context, to []netip.AddrPort, until time.Time) (Conn, error) {
	if len(to) == 1 {
		return Dial(ctx, to[0].String(), until)
	}
	type outcome struct {
		conn  Conn
		err   error
		first bool
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	outcomes := make(chan outcome, len(to))
	next, underway := 0, 0
	try := func() {
		i := next
		next, underway = next+1, underway+1
		go func() { // until it has connected, or ctx ends, which it does when we return
			conn, err := Dial(ctx, to[i].String(), until)
			outcomes <- outcome{conn, err, i == 0}
		}()
	}
	try()
	t := time.NewTimer(nextAfter)
	defer t.Stop()
	var first error
	for {
		select {
		case o := <-outcomes:
			underway--
			if o.err == nil {
				go closeAll(underway, func() Conn { return (<-outcomes).conn })
				return o.conn, nil
			}
			if first == nil || o.first {
				first = o.err
			}
			over := next == len(to) || ctx.Err() != nil
			if over && underway == 0 {
				return nil, first
			}
			if over {
				continue
			}
		case <-t.C:
			if next == len(to) {
				continue
			}
		}
		try()
		t.Reset(nextAfter)
	}
}

// closeAll closes the connections that came too late.
func closeAll(n int, next func() Conn) {
	for range n {
		if conn := next(); conn != nil {
			_ = conn.Close() // nobody has used it
		}
	}
}
