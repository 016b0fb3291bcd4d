package admin

import (
	"sync"

	"github.com/gatewayhomebrew/gateway/libs/config/changes"
)

// kept is how many receipts a History keeps.
const kept = 32

// keptEntries is how long a list of a kept receipt may be: 32 receipts of 10,000 routes each would
// make /status unreadable.
const keptEntries = 100

// History keeps the last receipts of a service. Its zero value is empty; its methods may be called
// from any goroutine.
type History struct {
	mu       sync.Mutex
	count    int       // of all receipts ever; guarded by mu
	receipts []Receipt // newest first; guarded by mu
	// failed is the last change that was refused, or that has problems although it was not, until
	// one succeeds; guarded by mu
	failed *Receipt
}

// Add numbers a receipt, keeps it with its long lists cut, and returns it with its number and
// uncut.
func (h *History) Add(r Receipt) Receipt {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count++
	r.ID = h.count
	brief := cut(r)
	// a new list: List has given out the old one
	h.receipts = append([]Receipt{brief}, h.receipts[:min(len(h.receipts), kept-1)]...)
	switch r.Result {
	case Applied, Unchanged:
		switch {
		case len(r.Problems) == 0:
			h.failed = nil
		case r.Result == Applied || h.failed == nil:
			h.failed = &brief // in force, but for what the problems are about
		}
	case Refused:
		// The other two reasons say nothing against the configuration.
		if r.Reason != ReasonNothing && r.Reason != ReasonDraining {
			h.failed = &brief
		}
	}
	return r
}

// Resume takes up the receipts of a process before this one, newest first. Its own ones come before
// them.
func (h *History) Resume(before []Receipt) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(before) == 0 {
		return
	}
	first := h.count
	own := append([]Receipt(nil), h.receipts...)
	for i := range own {
		own[i].ID += before[0].ID
	}
	h.count = first + before[0].ID
	all := append(own, before...)
	h.receipts = all[:min(len(all), kept)]
}

// List returns the kept receipts, newest first. They are not to be changed.
func (h *History) List() []Receipt {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.receipts
}

// LastError returns the receipt of the last change that was refused, or put in force with problems;
// nil once one without any succeeded after it. A
// rollback is no success: what was refused is still where the configuration comes from. The receipt
// is not to be changed.
func (h *History) LastError() *Receipt {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failed
}

// cut is r with at most keptEntries in each list.
func cut(r Receipt) Receipt {
	for _, s := range []*changes.Set{&r.Listeners, &r.Clusters, &r.Routes} {
		s.Added = first(s.Added, &r.Omitted)
		s.Removed = first(s.Removed, &r.Omitted)
		s.Changed = first(s.Changed, &r.Omitted)
	}
	r.Other = first(r.Other, &r.Omitted)
	r.StreamsClosed = first(r.StreamsClosed, &r.Omitted)
	r.NeedsRestart = first(r.NeedsRestart, &r.Omitted)
	r.Problems = first(r.Problems, &r.Omitted)
	return r
}

// first is the front of a list, copied so that the whole can be forgotten.
func first[T any](all []T, omitted *int) []T {
	n := min(len(all), keptEntries)
	*omitted += len(all) - n
	return append([]T{}, all[:n]...)
}
