package reload

import (
	"context"
	"errors"

	"github.com/gatewayhomebrew/gateway/libs/admin"
)

// ErrTrial is what Hold returns while a generation is on trial.
var ErrTrial = errors.New("the configuration in force is on trial; ask again when that is over")

// ErrEnding is what Hold returns where the process drains.
var ErrEnding = errors.New("the process drains")

// Hold keeps the generation in force until release is called: reloads wait, and rollbacks are
// refused. It waits for a reload that runs.
func (m *Machine) Hold(ctx context.Context) (release func(), err error) {
	m.AwaitStart(ctx)
	if !m.take(ctx) {
		return nil, ErrEnding
	}
	m.running.Lock()
	defer m.running.Unlock()
	switch {
	case !m.open():
		err = ErrEnding
	case m.trial != nil:
		err = ErrTrial
	}
	if err != nil {
		m.free()
		return nil, err
	}
	m.held.Store(true)
	return func() {
		m.held.Store(false)
		m.free()
	}, nil
}

// A Past is what a machine remembers beside the generation in force, for the process that takes the
// place of this one. It can be written as JSON.
type Past struct {
	Receipts []admin.Receipt
	Rejected string // the digest that was last rolled back from
}

// Past returns it. It is for while Hold is in force.
func (m *Machine) Past() Past { return Past{m.history.List(), m.rejected} }

// Resume takes up what the machine of the process before remembered. It is for before Run.
func (m *Machine) Resume(p Past) {
	m.rejected = p.Rejected
	m.history.Resume(p.Receipts)
}
