package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

// Results of an upgrade.
const (
	// Upgraded: the new process serves, the one that answers drains.
	Upgraded Result = "upgraded"
	// TakenBack: the new process has failed, and is gone; the one that answers goes on.
	TakenBack Result = "taken_back"
)

// Reasons of an upgrade that was refused or taken back.
const (
	ReasonBusy       Reason = "busy"       // refused: another upgrade, or a trial of a reload, runs
	ReasonCrowded    Reason = "crowded"    // refused: too many old processes still drain
	ReasonContainer  Reason = "container"  // refused: the process is the first one of its container
	ReasonPlatform   Reason = "platform"   // refused: the system can't hand sockets over
	ReasonBinary     Reason = "binary"     // refused: the file can't be started
	ReasonStart      Reason = "start"      // taken back: the process ended before it was ready
	ReasonTimeout    Reason = "timeout"    // taken back: the process was not ready, or hung
	ReasonDigest     Reason = "digest"     // taken back: it runs another configuration
	ReasonTrial      Reason = "trial"      // taken back: the process ended in its trial
	ReasonHandOver   Reason = "hand_over"  // taken back: what it takes over did not get there
	ReasonInterrupts Reason = "interrupts" // taken back: the gateway was told to stop
)

// Upgrade tells what became of one upgrade: the start of another binary in the place of the one
// that runs.
type Upgrade struct {
	ID         int       `json:"id"`   // counts from 1, over all processes
	Time       time.Time `json:"time"` // when it began
	Trigger    Trigger   `json:"trigger"`
	Result     Result    `json:"result"`
	Reason     Reason    `json:"reason"`
	Message    string    `json:"message"` // for a person
	Binary     string    `json:"binary"`
	OldVersion string    `json:"old_version"`
	NewVersion string    `json:"new_version"` // "" when the new process did not tell
	OldPID     int       `json:"old_pid"`
	NewPID     int       `json:"new_pid"` // 0 when none was started
	// Generation is the new process's; the one before where it was refused or taken back.
	Generation int     `json:"generation"`
	Digest     string  `json:"digest"` // of the document in force
	DurationMS float64 `json:"duration_ms"`
}

// Process is which process answers, and which ones were there before it.
type Process struct {
	PID        int `json:"pid"`
	Generation int `json:"generation"` // 1 is the first; each upgrade adds 1
	// Old are the processes that still drain, the oldest first.
	Old      []OldProcess `json:"old"`
	Upgrades []Upgrade    `json:"upgrades"` // the last ones, newest first
}

// OldProcess is one that serves what it had accepted before its place was taken.
type OldProcess struct {
	PID         int       `json:"pid"`
	Generation  int       `json:"generation"`
	Since       time.Time `json:"since"` // its place was taken
	Connections int       `json:"connections"`
}

// MarshalJSON writes no list as null.
func (p Process) MarshalJSON() ([]byte, error) {
	type plain Process
	out := plain(p)
	out.Old, out.Upgrades = list(p.Old), list(p.Upgrades)
	return encode(out)
}

// MarshalJSON writes no more digits than anybody reads.
func (u Upgrade) MarshalJSON() ([]byte, error) {
	type plain Upgrade
	p := plain(u)
	p.Time, p.DurationMS = moment(p.Time), round(p.DurationMS)
	return encode(p)
}

// MarshalJSON writes no more digits than anybody reads.
func (o OldProcess) MarshalJSON() ([]byte, error) {
	type plain OldProcess
	p := plain(o)
	p.Since = moment(p.Since)
	return encode(p)
}

// upgradeTimeout bounds the answer to an upgrade. The upgrade has bounds of its own, in the
// configuration.
const upgradeTimeout = 15 * time.Minute

func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, _ string) {
	c, until := http.NewResponseController(w), time.Now().Add(upgradeTimeout)
	_, _ = c.SetReadDeadline(until), c.SetWriteDeadline(until)
	if s.options.Snapshot().State == Draining {
		fail(w, gwerr.Draining, "the gateway is shutting down")
		return
	}
	// A client that goes away does not stop it.
	u := s.options.Upgrade(context.WithoutCancel(r.Context()))
	switch {
	case u.Reason == ReasonDraining:
		fail(w, gwerr.Draining, "the gateway is shutting down")
	case u.Result == Refused && u.Reason != ReasonBinary:
		answer(w, http.StatusConflict, u)
	case u.Result != Upgraded:
		answer(w, http.StatusUnprocessableEntity, u)
	default:
		w.Header().Set("Connection", "close")
		answer(w, http.StatusOK, u)
	}
}

// retireTimeout is how long requests may run on after Retire.
const retireTimeout = 10 * time.Second

// Retire ends Serve as the end of its ctx does, but lets the requests that run go on for ten
// seconds: one of them may be the upgrade by which another process answers from now on. It returns
// when no connection is accepted any more. It is for while Serve runs.
func (s *Server) Retire() {
	s.retire.Do(func() { close(s.retiring) })
	<-s.retired
}

// serveRest accepts nothing any more, and answers what was sent on connections that there are.
// http.Server.Shutdown would close one whose request it is just reading.
func (s *Server) serveRest(r *rooms, served <-chan error) error {
	s.http.SetKeepAlivesEnabled(false)
	_ = r.Listener.Close() // nothing is lost: what was not accepted is for another process
	<-served               // it says that the listener is closed
	close(s.retired)
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for until := time.Now().Add(retireTimeout); r.taken() > 0 && time.Now().Before(until); {
		<-look.C
	}
	_ = s.http.Close() // those that are left have had their time
	return nil
}

// lookEvery is how often it is looked whether all connections have ended.
const lookEvery = 20 * time.Millisecond
