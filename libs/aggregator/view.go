package aggregator

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/healthpb"
)

// A view is the fleet of one moment for all who watch: of a large fleet it takes milliseconds to
// make, and they are told at the same time.
type view struct {
	made    time.Time
	changed <-chan struct{} // closed when there is something that this view may lack
	fleet   func() Fleet
	line    func() ([]byte, error) // of JSON
	message func() *healthpb.Fleet
}

// view returns one that is not older than half the time between two answers of a watch.
func (a *Aggregator) view() *view {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if v := a.last; v != nil && now.Sub(v.made) < calm/2 {
		return v
	}
	v := &view{made: now, changed: a.changed, fleet: sync.OnceValue(a.see)}
	v.line = sync.OnceValues(func() ([]byte, error) {
		line, err := json.Marshal(v.fleet())
		return append(line, '\n'), err
	})
	v.message = sync.OnceValue(func() *healthpb.Fleet { return fleetMessage(v.fleet()) })
	a.last = v
	return v
}
