package admin

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/changes"
)

// Trigger is what asked for a change of the configuration.
type Trigger string

// The triggers.
const (
	ByStart  Trigger = "start"       // the process began
	ByFile   Trigger = "file"        // a file changed
	BySignal Trigger = "signal"      // SIGHUP
	ByAPI    Trigger = "api"         // POST /reload or /rollback
	ByTrial  Trigger = "trial"       // the new plan failed its trial
	BySync   Trigger = "config-sync" // it was published
)

// Result is what became of a change of the configuration.
type Result string

// The results.
const (
	Applied    Result = "applied"     // the new configuration is in force
	Unchanged  Result = "unchanged"   // it was in force already
	Refused    Result = "refused"     // the old one stays in force
	RolledBack Result = "rolled_back" // the one before is in force again
)

// Reason is why a change had its result.
type Reason string

// The reasons.
const (
	ReasonOK       Reason = "ok"       // applied, unchanged
	ReasonRequest  Reason = "request"  // rolled back: an operator asked for it
	ReasonErrors   Reason = "errors"   // rolled back: too many errors in the trial
	ReasonRead     Reason = "read"     // refused: the configuration can't be read
	ReasonInvalid  Reason = "invalid"  // refused: it has problems
	ReasonBuild    Reason = "build"    // refused: no plan can be built from it
	ReasonListen   Reason = "listen"   // refused: a listener's address can't be had
	ReasonNothing  Reason = "nothing"  // refused: there is no configuration to return to
	ReasonDraining Reason = "draining" // refused: the service is shutting down
)

// Receipt tells what became of one change of the configuration, or of the attempt.
type Receipt struct {
	ID            int             `json:"id"`   // counts from 1
	Time          time.Time       `json:"time"` // when it began
	Trigger       Trigger         `json:"trigger"`
	Result        Result          `json:"result"`
	Reason        Reason          `json:"reason"`
	Message       string          `json:"message"` // for a person
	OldDigest     string          `json:"old_digest"`
	NewDigest     string          `json:"new_digest"` // the old one when nothing could be read
	DurationMS    float64         `json:"duration_ms"`
	Listeners     changes.Set     `json:"listeners"`
	Clusters      changes.Set     `json:"clusters"`
	Routes        changes.Set     `json:"routes"`
	Other         []string        `json:"other"` // what else changed, in words
	StreamsKept   int             `json:"streams_kept"`
	StreamsClosed []StreamsClosed `json:"streams_closed"`
	// what stays as it was until a restart, in words
	NeedsRestart []string         `json:"needs_restart"`
	Problems     []config.Problem `json:"problems"`
	Omitted      int              `json:"omitted"` // entries that [History] left out of the lists
}

// StreamsClosed is how many client connections of a listener were closed, and why.
type StreamsClosed struct {
	Listener string `json:"listener"`
	Count    int    `json:"count"`
	Why      string `json:"why"`
}

// MarshalJSON writes no list as null, and no more digits than anybody reads.
func (r Receipt) MarshalJSON() ([]byte, error) {
	type plain Receipt
	p := plain(r)
	p.Time, p.DurationMS = moment(p.Time), round(p.DurationMS)
	p.Listeners, p.Clusters, p.Routes = whole(p.Listeners), whole(p.Clusters), whole(p.Routes)
	p.Other, p.StreamsClosed = list(p.Other), list(p.StreamsClosed)
	p.NeedsRestart, p.Problems = list(p.NeedsRestart), list(p.Problems)
	return encode(p)
}

// whole is s without a nil list: a refused change has none to tell of.
func whole(s changes.Set) changes.Set {
	s.Added, s.Removed, s.Changed = list(s.Added), list(s.Removed), list(s.Changed)
	return s
}
