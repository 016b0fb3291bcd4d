package node

import (
	"context"
	"sync"
)

// A post is a part of the node that one process at a time may have, such as its place in the ring.
// It is left to the process that takes this one's place, and taken back if that fails.
type post struct {
	// run holds the post until ctx ends. It is called each time the post is taken.
	run func(ctx context.Context) error
	// retire, if not nil, lets go of what others wait for, and returns when that is done; run may
	// go on for a while. nil: the post is left when run has returned.
	retire func()

	mu      sync.Mutex
	free    chan struct{}      // guarded by mu; closed while the post is this process's
	held    bool               // guarded by mu
	let     context.CancelFunc // guarded by mu; nil while run does not run
	leaving bool               // guarded by mu; since run began the post was left
	ended   chan struct{}      // guarded by mu; closed when run has returned
}

// newPost makes a post, which is this process's if held.
func newPost(held bool, run func(ctx context.Context) error) *post {
	p := &post{run: run, free: make(chan struct{})}
	if held {
		p.take()
	}
	return p
}

// take makes the post this process's.
func (p *post) take() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.held {
		p.held = true
		close(p.free)
	}
}

// leave lets go of the post.
func (p *post) leave() {
	p.mu.Lock()
	if !p.held {
		p.mu.Unlock()
		return
	}
	p.held, p.free = false, make(chan struct{})
	let, ended := p.let, p.ended
	p.leaving = let != nil
	p.mu.Unlock()
	switch {
	case let == nil: // it does not run
	case p.retire != nil:
		p.retire()
	default:
		let()
		<-ended
	}
}

// part is the post as a part of the process.
func (p *post) part(ctx context.Context) error {
	for {
		p.mu.Lock()
		free := p.free
		p.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil
		case <-free:
		}
		own, ok := p.begin(ctx)
		if !ok {
			continue // it was left in this moment
		}
		err := p.run(own)
		if left := p.end(); !left || ctx.Err() != nil {
			return err
		}
	}
}

// begin notes that run runs, if the post is held.
func (p *post) begin(ctx context.Context) (own context.Context, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.held {
		return nil, false
	}
	own, p.let = context.WithCancel(ctx)
	p.ended, p.leaving = make(chan struct{}), false
	return own, true
}

// end notes that run has returned, and says whether the post was left meanwhile.
func (p *post) end() (left bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.let()
	p.let = nil
	close(p.ended)
	return p.leaving
}
