package trial

import (
	"context"
	"fmt"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/websocket"
)

// Sockets is what idle WebSockets cost a proxy.
type Sockets struct {
	Count int   `json:"count"`
	Idle  int64 `json:"idle_bytes"`  // resident memory before
	Open  int64 `json:"open_bytes"`  // with all of them open
	Alive int   `json:"still_alive"` // of them, at the end
}

// Sockets opens so many through every proxy, each alone on the machine, before an upstream of their
// own.
func (b *Bench) Sockets(
	ctx context.Context, upstream rig.Server, proxies []rig.Server, count int,
) (map[string]Sockets, error) {
	up, err := b.up(ctx, upstream, b.Cores.Load)
	if err != nil {
		return nil, err
	}
	defer up.Stop()
	out := make(map[string]Sockets)
	for _, s := range proxies {
		if out[s.Name], err = b.sockets(ctx, s, count); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		b.progress("%-12s WebSockets measured", s.Name)
	}
	return out, nil
}

func (b *Bench) sockets(ctx context.Context, s rig.Server, count int) (out Sockets, err error) {
	p, err := b.up(ctx, s, b.Cores.Proxy)
	if err != nil {
		return out, err
	}
	defer p.Stop()
	if err := pause(ctx, settle); err != nil {
		return out, err
	}
	out.Count = count
	if out.Idle, err = p.Resident(); err != nil {
		return out, err
	}
	open, err := websocket.Open(ctx, s.Addr, rig.Host, rig.Bodies[0].Path, count)
	if err != nil {
		return out, fmt.Errorf("%w\n%s", err, p.Log())
	}
	defer open.Close()
	if err := pause(ctx, settle); err != nil {
		return out, err
	}
	if out.Open, err = p.Resident(); err != nil {
		return out, err
	}
	out.Alive = open.Alive()
	return out, nil
}
