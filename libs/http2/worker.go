package http2

import "runtime/debug"

// pool keeps the goroutines of a connection's handlers, whose stacks have grown
// to what handlers need. It is guarded by the connection's mu.
type pool struct {
	idle  []*worker // the one that ended last is asked first
	alive int
	// spare is how many have been idle at all times since the watch last looked.
	spare int
}

type worker struct {
	next chan *Stream // nil: go
}

// serve gives a stream to an idle worker, or to a new one.
func (p *pool) serve(c *Conn, s *Stream) {
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.spare = min(p.spare, n-1)
		w.next <- s // has room for one
		return
	}
	p.alive++
	go c.work(&worker{next: make(chan *Stream, 1)}, s)
}

// dismiss sends all idle workers away.
func (p *pool) dismiss() { p.trim(len(p.idle)) }

// trim sends n idle workers away.
func (p *pool) trim(n int) {
	for _, w := range p.idle[:n] {
		w.next <- nil
	}
	p.idle = p.idle[:copy(p.idle, p.idle[n:])]
	p.spare = len(p.idle)
}

func (c *Conn) work(w *worker, s *Stream) {
	for s != nil {
		c.handle(s)
		c.mu.Lock()
		c.finish(s)
		if c.ending {
			break
		}
		c.workers.idle = append(c.workers.idle, w)
		c.dueWithin(trimAfter)
		c.mu.Unlock()
		if s = <-w.next; s == nil {
			c.mu.Lock()
		}
	}
	c.workers.alive--
	c.quiet.Broadcast()
	c.mu.Unlock()
}

// handle runs the handler. A panic is one stream's bad luck.
func (c *Conn) handle(s *Stream) {
	defer func() {
		if p := recover(); p != nil && c.opts.OnPanic != nil {
			c.opts.OnPanic(p, debug.Stack())
		}
	}()
	c.handler(s)
}
