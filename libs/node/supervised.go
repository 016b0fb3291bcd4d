package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/program"
)

// says is what the node does, in a line.
func (e *edge) says() string {
	g := e.reloads.Now()
	return fmt.Sprintf("ready: %d listeners, %d routes, digest %.12s", len(e.listen.all()),
		len(g.Source.Document.Routes), g.Plan.Digest)
}

// reloading tells systemd of a reload, and of its end.
func (e *edge) reloading() func(admin.Receipt) {
	over := e.Reloading()
	return func(r admin.Receipt) {
		says := e.says()
		if r.Result == admin.Refused {
			says = fmt.Sprintf("%s; the last reload was refused: %s", says, r.Message)
		}
		over(says)
	}
}

// pulse says whether the node does its work: deadlines are kept, and connections that come are let
// in.
func (e *edge) pulse(ctx context.Context) error {
	if name := e.engine.door.Stuck(); name != "" {
		return errors.New("the listener " + name + " lets a connection in, and does not get on")
	}
	return program.Advances(ctx, "the watch over deadlines", e.engine.clusters.Watch().Now)
}
