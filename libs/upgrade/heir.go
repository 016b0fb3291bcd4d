package upgrade

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/handover"
)

// offerTime is how long an heir waits for what it is offered, which the process before has in
// memory.
const offerTime = 30 * time.Second

// An Heir is a process that is to take the place of the one before it.
type Heir struct {
	channel *handover.Channel
	serves  bool
}

// Accept waits for what the process before offers. The files of the message are the caller's.
func Accept(c *handover.Channel) (*Heir, handover.Message, error) {
	m, err := c.Receive(time.Now().Add(offerTime))
	if err == nil && m.Kind != kindOffer {
		err = errors.New("the process before says " + m.Kind + ", and offers nothing")
	}
	if err != nil {
		return nil, m, errors.Join(errors.New("the process before hands nothing over"), err)
	}
	return &Heir{channel: c}, m, nil
}

// Ready says that this process could serve.
func (h *Heir) Ready(r Ready) error { return h.channel.SendJSON(kindReady, r) }

// Failed says why this process can't go on. It is for before the place is taken.
func (h *Heir) Failed(why string) { _ = h.channel.SendJSON(kindFailed, failed{why}) }

// Steps are what an heir does when it is told to. They are called by one goroutine.
type Steps struct {
	// Serve begins to take clients, and returns when it does.
	Serve func(ctx context.Context) error
	// Take takes up what only one process may have. Of a process before that has died there is
	// nothing: m is nil then.
	Take func(ctx context.Context, m *handover.Message) error
}

// ErrAlone is what Follow returns where this process was not told to serve, and the process that
// could tell it is gone.
var ErrAlone = errors.New("the process before is gone, and had not handed its place over")

// ErrStopped is what Follow returns where the process before has taken its place back.
var ErrStopped = errors.New("the process before has taken its place back")

// Follow does what the process before says, until this one has its place. Without an error it has,
// and the channel brings what the other one still counts. ctx ends it.
func (h *Heir) Follow(ctx context.Context, s Steps) error {
	stop := context.AfterFunc(ctx, func() { _ = h.channel.Close() })
	defer stop()
	for {
		m, err := h.channel.Receive(time.Time{})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, io.EOF) && h.serves:
			return s.Take(ctx, nil)
		case err != nil:
			return errors.Join(ErrAlone, err)
		}
		switch m.Kind {
		case kindPing:
			err = h.channel.Send(kindPong, nil)
		case kindServe:
			if err = s.Serve(ctx); err == nil {
				h.serves = true
				err = h.channel.Send(kindServing, nil)
			}
		case kindCommit:
			if err = s.Take(ctx, &m); err != nil {
				h.Failed(err.Error())
				return err
			}
			// An error says that the process before has died in this moment.
			_ = h.channel.Send(kindTaken, nil)
			return nil
		case kindStop:
			return ErrStopped
		}
		if err != nil && !h.serves {
			return errors.Join(ErrAlone, err)
		}
	}
}
