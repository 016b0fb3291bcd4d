package timeline

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// A State is what a node makes of an endpoint.
type State uint8

// The states.
const (
	Up   State = iota // it has its whole weight
	Weak              // it has lost some of it
	Down              // it has no more than the floor
	Gone              // the node does not know it any more

	states = iota
)

// String returns up, weak, down or gone.
func (s State) String() string {
	if int(s) < states {
		return [states]string{"up", "weak", "down", "gone"}[s]
	}
	return "unknown"
}

// Limits of the texts of an event. They come from other nodes.
const (
	maxName   = 256 // bytes of a cluster's, an endpoint's or an observer's name
	maxReason = 512 // bytes of a reason; the rest is cut off
)

// An Event is one thing a node said about an endpoint.
type Event struct {
	// ID counts events, from 1. Append sets it.
	ID uint64
	// Time is when this process learned of it. Append sets it; no event has an earlier
	// time than the one before it, even where the clock is set back.
	Time time.Time

	Cluster, Endpoint string
	Observer          string    // the node that said it
	Observed          time.Time // when, by the clock of that node
	Sequence          uint64    // its number among those of that node
	State             State
	Share             float64 // of its configured weight that the endpoint has at that node, 0 to 1
	Reason            string  // in words
}

// ErrEvent is what an error of Append is when an event can't be kept.
var ErrEvent = errors.New("not an event that can be kept")

// check says why an event can't be kept, and makes it fit where that is harmless.
func (e *Event) check() error {
	for what, s := range map[string]string{
		"cluster": e.Cluster, "endpoint": e.Endpoint, "observer": e.Observer,
	} {
		switch {
		case s == "":
			return fmt.Errorf("%w: it names no %s", ErrEvent, what)
		case len(s) > maxName:
			return fmt.Errorf("%w: the name of its %s has %d bytes, and %d is the most", ErrEvent,
				what, len(s), maxName)
		case strings.ContainsRune(s, 0) || !utf8.ValidString(s):
			return fmt.Errorf("%w: the name of its %s is no text", ErrEvent, what)
		}
	}
	if e.State >= states {
		return fmt.Errorf("%w: it has no state", ErrEvent)
	}
	if math.IsNaN(e.Share) || e.Share < 0 || e.Share > 1 {
		return fmt.Errorf("%w: its share is not between 0 and 1", ErrEvent)
	}
	e.Reason = strings.ToValidUTF8(e.Reason, "?")
	if len(e.Reason) > maxReason {
		cut := maxReason
		for !utf8.RuneStart(e.Reason[cut]) {
			cut--
		}
		e.Reason = e.Reason[:cut]
	}
	return nil
}
