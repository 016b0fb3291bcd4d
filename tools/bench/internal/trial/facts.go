package trial

import (
	"context"
	"fmt"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
)

// settle is how long a server is left alone before its memory is read.
const settle = 2 * time.Second

// Facts are what a proxy costs when it does nothing.
type Facts struct {
	// Start is from just before the program is executed to the end of the first proxied answer, of
	// several starts.
	Start []time.Duration `json:"start_ns"`
	// Idle is the resident memory of a fresh process that has answered one request, in bytes.
	Idle int64 `json:"idle_bytes"`
	// Kept is the resident memory with Connections idle client connections that have each had one
	// answer.
	Kept        int64 `json:"idle_connections_bytes"`
	Connections int   `json:"idle_connections"`
}

// Facts finds them for every proxy, each alone on the machine.
func (b *Bench) Facts(ctx context.Context, starts, connections int) (map[string]Facts, error) {
	facts := make(map[string]Facts)
	for _, s := range b.Proxies {
		f, err := b.facts(ctx, s, starts, connections)
		if err != nil {
			return facts, fmt.Errorf("%s: %w", s.Name, err)
		}
		facts[s.Name] = f
		b.progress("%-12s idle and start measured", s.Name)
	}
	return facts, nil
}

func (b *Bench) facts(
	ctx context.Context, s rig.Server, starts, connections int,
) (f Facts, err error) {
	for range starts {
		p, took, err := b.upTimed(ctx, s, b.Cores.Proxy)
		if err != nil {
			return f, err
		}
		p.Stop()
		f.Start = append(f.Start, took)
	}
	p, err := b.up(ctx, s, b.Cores.Proxy)
	if err != nil {
		return f, err
	}
	defer p.Stop()
	if err := pause(ctx, settle); err != nil {
		return f, err
	}
	if f.Idle, err = p.Resident(); err != nil {
		return f, err
	}
	idle, err := load.OpenIdle(ctx, b.target(s, rig.Bodies[0]), connections)
	if err != nil {
		return f, err
	}
	defer idle.Close()
	if err := pause(ctx, settle); err != nil {
		return f, err
	}
	if f.Kept, err = p.Resident(); err != nil {
		return f, err
	}
	if f.Connections = idle.Open(); f.Connections != connections {
		return f,
			fmt.Errorf("closed %d of %d idle connections", connections-f.Connections, connections)
	}
	return f, nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
