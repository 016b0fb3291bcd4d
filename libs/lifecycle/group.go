// Package lifecycle runs the long-lived parts of a process in order: started
// first to last, stopped last to first, and all of them when one fails.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
)

// A Part is one long-lived thing. Run returns when ctx ends or the part fails;
// it owns whatever it starts and leaves nothing running behind.
type Part struct {
	Name string
	Run  func(ctx context.Context) error
}

// Run starts the parts in order and waits until ctx ends or one of them
// returns. Then it ends them one after another, the last first, waiting for
// each, so that a part may rely on those before it until it has returned.
// It returns the errors of the parts, each with the part's name.
func Run(ctx context.Context, parts ...Part) error {
	type running struct {
		cancel context.CancelFunc
		done   chan error
	}
	first := make(chan struct{}, len(parts))
	started := make([]running, len(parts))
	for i, p := range parts {
		// Not a child of ctx: its end reaches the parts one by one, below.
		pctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		r := running{cancel, make(chan error, 1)}
		started[i] = r
		go func() {
			r.done <- p.Run(pctx)
			first <- struct{}{}
		}()
	}
	select {
	case <-ctx.Done():
	case <-first:
	}
	var errs []error
	for i := len(parts) - 1; i >= 0; i-- {
		started[i].cancel()
		if err := <-started[i].done; err != nil && !errors.Is(err, context.Canceled) {
			errs = append(errs, fmt.Errorf("%s: %w", parts[i].Name, err))
		}
	}
	return errors.Join(errs...)
}
