package admin

import (
	"context"
	"sync"
)

// turns lets one change be made at a time.
type turns struct {
	free chan struct{} // holds a token while no change is made

	mu sync.Mutex
	// next is the change that waits for its turn, which others may share; guarded by mu.
	next *shared
}

// shared is a change that several wait for.
type shared struct {
	done    chan struct{} // closed when the fields below are set
	receipt Receipt
	ok      bool // false: the change panicked
}

func newTurns() *turns {
	t := &turns{free: make(chan struct{}, 1)}
	t.free <- struct{}{}
	return t
}

// take makes a change when its turn comes; false means that ctx ended before.
func (t *turns) take(ctx context.Context, change func() Receipt) (Receipt, bool) {
	select {
	case <-t.free:
	case <-ctx.Done():
		return Receipt{}, false
	}
	defer func() { t.free <- struct{}{} }()
	return change(), true
}

// share makes a change when its turn comes, or waits for the one that another call of share is
// about to make. It never shares a change that has begun, which may have read the configuration too
// early. False means that ctx ended before, or that the other call panicked.
func (t *turns) share(ctx context.Context, change func() Receipt) (Receipt, bool) {
	t.mu.Lock()
	if other := t.next; other != nil {
		t.mu.Unlock()
		select {
		case <-other.done:
			return other.receipt, other.ok
		case <-ctx.Done():
			return Receipt{}, false
		}
	}
	mine := &shared{done: make(chan struct{})}
	t.next = mine
	t.mu.Unlock()
	defer close(mine.done)

	// Whatever ctx does: others may be waiting for this change.
	return t.take(context.WithoutCancel(ctx), func() Receipt {
		t.mu.Lock()
		t.next = nil
		t.mu.Unlock()
		mine.receipt = change()
		mine.ok = true
		return mine.receipt
	})
}
