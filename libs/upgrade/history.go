package upgrade

import (
	"sync"

	"github.com/gatewayhomebrew/gateway/libs/admin"
)

// kept is how many receipts a History keeps.
const kept = 32

// A History keeps the last receipts, over all processes. Its zero value is empty; its methods may
// be called from any goroutine.
type History struct {
	mu       sync.Mutex
	receipts []admin.Upgrade // guarded by mu; newest first
}

// List returns the receipts, newest first. They are not to be changed.
func (h *History) List() []admin.Upgrade {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.receipts
}

// Set takes up the receipts of the process before.
func (h *History) Set(all []admin.Upgrade) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.receipts = all
}

// with is the list with one more, which gets the next number.
func (h *History) with(u admin.Upgrade) []admin.Upgrade {
	h.mu.Lock()
	defer h.mu.Unlock()
	u.ID = 1
	if len(h.receipts) > 0 {
		u.ID = h.receipts[0].ID + 1
	}
	return append([]admin.Upgrade{u}, h.receipts[:min(len(h.receipts), kept-1)]...)
}
