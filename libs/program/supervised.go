package program

import (
	"context"
	"errors"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/lifecycle"
	"github.com/gatewayhomebrew/gateway/libs/systemd"
)

// A Pulse says whether a service is alive; its error says what does not turn. It does not wait
// beyond the end of ctx.
type Pulse func(ctx context.Context) error

// Supervised is the part that tells systemd how the service is: READY when up is closed, STOPPING
// when whole ends, which is what the service runs until, and WATCHDOG between. says is the status,
// for a person. Beside pulse, which may be nil, it looks whether the runtime wakes what waits. It
// is to be among the first parts, so that it ends among the last.
func (p *Process) Supervised(
	whole context.Context, up <-chan struct{}, says func() string, pulse Pulse,
) lifecycle.Part {
	return lifecycle.Part{Name: "systemd", Run: func(ctx context.Context) error {
		stop := context.AfterFunc(whole, func() { p.told(p.Systemd.Stopping("draining")) })
		defer stop()
		select {
		case <-up:
		case <-ctx.Done():
			return nil
		}
		p.told(p.Systemd.Ready("%s", says()))
		turns, err := systemd.NewTurns()
		if err != nil {
			return err
		}
		defer turns.Close()
		return p.Systemd.Watch(ctx, func(ctx context.Context) error {
			if err := turns.Look(ctx); err != nil || pulse == nil {
				return err
			}
			return pulse(ctx)
		})
	}}
}

// Up is a channel that is closed: what a service waits for that is up already.
func Up() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// Reloading tells systemd of a reload; the function that it returns tells of its end.
func (p *Process) Reloading() (over func(says string)) {
	p.told(p.Systemd.Reloading())
	return func(says string) { p.told(p.Systemd.Ready("%s", says)) }
}

// told notes that systemd could not be told of something.
func (p *Process) told(err error) {
	if err != nil {
		p.Log.WithError(err).Warn("systemd is not told how the service is")
	}
}

// pollEvery is how often Advances looks.
const pollEvery = 10 * time.Millisecond

// Advances waits until a clock that something has to move goes on. what names it.
func Advances(ctx context.Context, what string, now func() int64) error {
	before := now()
	t := time.NewTicker(pollEvery)
	defer t.Stop()
	for now() == before {
		select {
		case <-ctx.Done():
			return errors.New(what + " stands still")
		case <-t.C:
		}
	}
	return nil
}
