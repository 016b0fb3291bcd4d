package reload

import (
	"context"
	"errors"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
)

// Follow puts what config-sync gave in force, or with nil the node's own file again.
func (m *Machine) Follow(ctx context.Context, to *config.Published) error {
	m.AwaitStart(ctx)
	if !m.take(ctx) {
		return m.drains()
	}
	defer m.free()
	a := m.begin(admin.BySync)
	r := m.read(ctx, to)
	m.running.Lock()
	defer m.running.Unlock()
	var receipt admin.Receipt
	m.beside.do(func() { receipt = m.reloadLocked(ctx, a, r) })
	m.mu.Lock()
	defer m.mu.Unlock()
	switch receipt.Result {
	case admin.Applied:
		m.published = to
		return nil
	case admin.Unchanged: // another text for what is in force
		m.published, m.current.Source.Published = to, to
		return nil
	}
	if len(receipt.Problems) > 0 {
		return config.Problems(receipt.Problems)
	}
	return errors.New(receipt.Message)
}
