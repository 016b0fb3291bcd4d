package upgrade

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/handover"
)

// Kinds of messages.
const (
	kindOffer   = "offer"
	kindReady   = "ready"
	kindFailed  = "failed"
	kindPing    = "ping"
	kindPong    = "pong"
	kindServe   = "serve"
	kindServing = "serving"
	kindCommit  = "commit"
	kindTaken   = "taken"
	kindStop    = "stop"
)

// Ready is what an heir says when it could serve.
type Ready struct {
	Version string
	Digest  string // of the document that it made
	// Same says that it has read what the process before has written down of its document, and made
	// the same one. It counts where the two are of different versions, whose digests of one
	// document may differ.
	Same bool
	// Canonical is that document written down, for the process before to read.
	Canonical []byte
}

// failed is why an heir can't go on.
type failed struct{ Message string }

const (
	// answerTime is how long an heir that is ready may take to answer: it waits for nothing then.
	answerTime = 10 * time.Second
	// slice is how often it is looked whether the process is to stop meanwhile.
	slice = 50 * time.Millisecond
	// endTime is how long the end of an heir whose channel is closed is waited for.
	endTime = 5 * time.Second
)

// An attempt is one upgrade while it runs.
type attempt struct {
	machine *Machine
	now     Now
	began   time.Time
	receipt admin.Upgrade
	heir    *handover.Successor
	serves  bool // the heir takes clients
	hangs   bool // it does not answer
}

// A fault is why an heir is taken back.
type fault struct {
	reason admin.Reason
	error
}

func (a *attempt) fault(reason admin.Reason, format string, args ...any) error {
	return fault{reason, fmt.Errorf(format, args...)}
}

// run runs the upgrade, step by step.
func (a *attempt) run() admin.Upgrade {
	m := a.machine
	heir, err := m.Process.Start(a.receipt.Binary)
	if err != nil {
		return a.refuse(err)
	}
	a.heir, a.receipt.NewPID = heir, heir.PID
	m.Log.WithFields(logrus.Fields{
		"pid": heir.PID, "binary": a.receipt.Binary, "generation": a.now.Generation + 1,
	}).Info("upgrade: the new process was started")
	for _, step := range []func() error{
		a.offer, a.quiet, a.serve, a.both, a.handOver,
	} {
		if err := step(); err != nil {
			return a.takeBack(err)
		}
	}
	m.mu.Lock()
	m.over = true
	m.mu.Unlock()
	a.receipt.Generation++
	a.receipt.Reason = admin.ReasonOK
	out := a.finish(admin.Upgraded)
	m.Owner.Left(heir)
	return out
}

// offer gives the heir what it needs to be ready, and waits until it is.
func (a *attempt) offer() error {
	will, err := a.machine.Owner.Offer()
	if err != nil {
		return a.fault(admin.ReasonHandOver, "what is to be handed over can't be had: %w", err)
	}
	if err := a.send(kindOffer, will); err != nil {
		return err
	}
	what := fmt.Sprintf("it was not ready within %v (upgrade.timeout)", a.now.Timeout)
	msg, err := a.await(kindReady, a.now.Timeout, what)
	if err != nil {
		return err
	}
	var r Ready
	if err := msg.Decode(&r); err != nil {
		return a.fault(admin.ReasonStart, "%w", err)
	}
	a.receipt.NewVersion = r.Version
	if r.Digest != a.now.Digest && !a.machine.Owner.Same(r) {
		return a.fault(admin.ReasonDigest, "it makes another configuration of the same text: "+
			"digest %.12s, and %.12s is in force; look with its own config show at what it reads",
			r.Digest, a.now.Digest)
	}
	return nil
}

// quiet is the first half of the trial: the heir lives, and nothing depends on it.
func (a *attempt) quiet() error {
	if err := a.watch(a.now.Trial / 2); err != nil {
		return err
	}
	return a.ping()
}

// serve lets the heir take clients.
func (a *attempt) serve() error {
	if err := a.send(kindServe, Will{}); err != nil {
		return err
	}
	a.serves = true
	_, err := a.await(kindServing, answerTime, "it did not begin to take clients")
	return err
}

// both is the second half of the trial: both processes take clients.
func (a *attempt) both() error {
	if err := a.watch(a.now.Trial - a.now.Trial/2); err != nil {
		return err
	}
	return a.ping()
}

// ping asks whether the heir still answers.
func (a *attempt) ping() error {
	if err := a.send(kindPing, Will{}); err != nil {
		return err
	}
	_, err := a.await(kindPong, answerTime, "it answers no more")
	return err
}

// watch lets the heir be for a time.
func (a *attempt) watch(d time.Duration) error {
	_, err := a.await("", d, "")
	return err
}

// handOver gives the heir all that only one process may have.
func (a *attempt) handOver() error {
	receipt := a.receipt
	receipt.Generation++
	receipt.Result, receipt.Reason = admin.Upgraded, admin.ReasonOK
	receipt.Message, receipt.DurationMS = a.told(), a.took()
	owner := a.machine.Owner
	will, err := owner.Leave(a.machine.history.with(receipt))
	if err == nil {
		err = a.send(kindCommit, will)
	}
	if err == nil {
		// The heir may have begun: what comes now is waited for, whatever else is to happen.
		_, err = a.awaitUntil(context.Background(), kindTaken, answerTime,
			"it did not take what was handed over")
	}
	if err != nil {
		// Nothing but the channel says that it has begun, so it has to be gone before this process
		// goes on.
		a.heir.Kill()
		a.ended()
		owner.Return()
		return err
	}
	return nil
}

// told is what the receipt of an upgrade that went well says.
func (a *attempt) told() string {
	return fmt.Sprintf("process %d has taken over; process %d drains what it has accepted",
		a.heir.PID, os.Getpid())
}

// send sends a message, and closes the files that go with it.
func (a *attempt) send(kind string, w Will) error {
	defer func() {
		for _, f := range w.Files {
			_ = f.Close() // it is a copy
		}
	}()
	body, err := json.Marshal(w.Body)
	if err == nil {
		err = a.heir.Send(kind, body, w.Files...)
	}
	if err == nil {
		return nil
	}
	if a.ended() {
		return a.gone()
	}
	a.hangs = errors.Is(err, os.ErrDeadlineExceeded)
	return a.fault(admin.ReasonHandOver, "%w", err)
}

// await waits for a message of the heir, until the process is to stop.
func (a *attempt) await(kind string, d time.Duration, late string) (handover.Message, error) {
	return a.awaitUntil(a.machine.Life, kind, d, late)
}

// awaitUntil waits so long for a message of a kind; late says what is wrong where none comes. It
// waits for none where kind is "".
func (a *attempt) awaitUntil(
	life context.Context, kind string, d time.Duration, late string,
) (handover.Message, error) {
	until := time.Now().Add(d)
	for {
		next := time.Now().Add(slice)
		if next.After(until) {
			next = until
		}
		msg, err := a.heir.Receive(next)
		switch {
		case err == nil && msg.Kind == kindFailed:
			var f failed
			_ = msg.Decode(&f) // a message without words says that it failed, too
			a.ended()
			return msg, a.fault(a.reason(), "it has failed: %s", f.Message)
		case err == nil && msg.Kind == kind && kind != "":
			return msg, nil
		case err == nil:
			return msg, a.fault(a.reason(), "it said %q, which nobody asked for", msg.Kind)
		case errors.Is(err, io.EOF):
			a.ended()
			return msg, a.gone()
		case !errors.Is(err, handover.ErrQuiet):
			return msg, a.fault(a.reason(), "%w", err)
		case life.Err() != nil:
			return msg, a.fault(admin.ReasonInterrupts, "the gateway was told to stop")
		case !time.Now().Before(until) && kind == "":
			return msg, nil
		case !time.Now().Before(until):
			a.hangs = true
			return msg, a.fault(admin.ReasonTimeout, "%s", late)
		}
	}
}

// reason is why an heir is taken back that ends at this point.
func (a *attempt) reason() admin.Reason {
	if a.receipt.NewVersion == "" {
		return admin.ReasonStart
	}
	return admin.ReasonTrial
}

// ended waits for a moment for the end of the heir, and says whether it has come.
func (a *attempt) ended() bool {
	t := time.NewTimer(endTime)
	defer t.Stop()
	select {
	case <-a.heir.Exited():
		return true
	case <-t.C:
		return false
	}
}

// gone says how the heir has ended.
func (a *attempt) gone() error {
	how := "it has closed the channel"
	select {
	case <-a.heir.Exited():
		how = "it has ended (" + a.heir.End() + ")"
	default:
	}
	if a.receipt.NewVersion == "" {
		return a.fault(admin.ReasonStart, "%s before it was ready; its log says why", how)
	}
	return a.fault(admin.ReasonTrial, "%s within its trial", how)
}

// takeBack ends an upgrade whose heir has failed.
func (a *attempt) takeBack(err error) admin.Upgrade {
	var f fault
	a.receipt.Reason, a.receipt.Message = admin.ReasonHandOver, err.Error()
	if errors.As(err, &f) {
		a.receipt.Reason = f.reason
	}
	a.receipt.Message = "the new process is taken back: " + a.receipt.Message
	if a.serves && !a.hangs {
		a.letEnd() // it has clients
	} else {
		a.heir.Kill()
		a.ended()
	}
	_ = a.heir.Close() // it is gone, or on its own
	return a.finish(admin.TakenBack)
}

// letEnd has the heir drain what it has accepted.
func (a *attempt) letEnd() {
	_ = a.heir.Send(kindStop, nil) // an error: it has ended
	a.heir.Terminate()
	heir := a.heir
	late := time.AfterFunc(a.now.Drain+endTime, heir.Kill)
	go func() { // until it ends, which the timer sees to
		<-heir.Exited()
		late.Stop()
	}()
}

func (a *attempt) took() float64 { return time.Since(a.began).Seconds() * 1000 }

// finish records the receipt, counts it and logs it.
func (a *attempt) finish(result admin.Result) admin.Upgrade {
	m, r := a.machine, &a.receipt
	r.Result, r.DurationMS = result, a.took()
	if result == admin.Upgraded {
		r.Message = a.told()
	}
	all := m.history.with(*r)
	*r = all[0]
	m.history.Set(all)
	if m.Count != nil {
		m.Count(string(result), string(r.Reason))
	}
	log := m.Log.WithFields(logrus.Fields{
		"id": r.ID, "trigger": r.Trigger, "result": result, "reason": r.Reason,
		"took": time.Since(a.began).Round(time.Millisecond), "binary": r.Binary,
		"generation": r.Generation,
	})
	level := logrus.InfoLevel
	if result != admin.Upgraded {
		level = logrus.ErrorLevel
	}
	log.Log(level, "upgrade: "+string(result)+": "+r.Message)
	return *r
}
