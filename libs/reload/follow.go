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
	m.running.Lock()
	defer m.running.Unlock()
	m.mu.Lock()
	before := m.published
	m.published = to
	m.mu.Unlock()
	var receipt admin.Receipt
	aside(func() { receipt = m.reloadLocked(ctx, admin.BySync) })
	m.mu.Lock()
	defer m.mu.Unlock()
	switch receipt.Result {
	case admin.Applied:
		return nil
	case admin.Unchanged: // another text for what is in force
		m.current.Source.Published = to
		return nil
	}
	m.published = before
	if len(receipt.Problems) > 0 {
		return config.Problems(receipt.Problems)
	}
	return errors.New(receipt.Message)
}
