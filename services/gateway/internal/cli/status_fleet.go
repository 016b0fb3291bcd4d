package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/aggregator"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/adminclient"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// statusFleet shows what a health aggregator knows of the fleet.
func (a *app) statusFleet(ctx context.Context, client *adminclient.Client, asJSON, watch bool) error {
	if watch {
		return a.watchHealth(ctx, client, asJSON)
	}
	f, err := asking(ctx, a, "asking for the fleet", client, client.Fleet)
	if err != nil {
		return err
	}
	if asJSON {
		return a.out.JSON(f)
	}
	a.printHealth(f)
	return nil
}

// watchHealth shows the fleet after each change until ctx ends. Only if the first look fails there is nothing to watch; an
// aggregator that goes away is waited for.
func (a *app) watchHealth(ctx context.Context, client *adminclient.Client, asJSON bool) error {
	for first, said := true, false; ; {
		err := client.WatchFleet(ctx, func(f aggregator.Fleet) error {
			first, said = false, false
			if asJSON {
				return a.out.JSONLine(f)
			}
			a.out.Clear()
			a.printHealth(f)
			if !a.out.Terminal() {
				a.out.Printf("\n")
			}
			return nil
		})
		switch {
		case ctx.Err() != nil:
			return nil // Ctrl-C is how it ends
		case first || !away(err) && !errors.Is(err, io.ErrUnexpectedEOF):
			return err
		case !said:
			a.err.Printf("gateway: the aggregator at %s has gone; waiting for it\n", client.Address())
			said = true
		}
		timer := time.NewTimer(again)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (a *app) printHealth(f aggregator.Fleet) {
	a.out.Printf("%s as %s sees it, %s\n\n", plural(len(f.Nodes), "node"), f.Aggregator, clock(f.Time))
	usual := usualDigest(f.Nodes)
	t := a.out.Table("", "NODE", "ROLE", "ADDRESS", "VERSION", "DIGEST", ">UP", ">HEARD", ">ROUND TRIP", "SUSPECT")
	for _, n := range f.Nodes {
		digest := a.out.Paint(terminal.Plain, digestText(n.Digest))
		if n.Role != "healthagg" && n.Digest != usual { // an aggregator has a document of its own
			digest = a.out.Paint(terminal.Yellow, digestText(n.Digest)+" (others have "+short(usual)+")")
		}
		heard, trip := "", ""
		if n.ContactAge != nil {
			heard = human(time.Duration(*n.ContactAge*float64(time.Second))) + " ago"
		}
		if n.RoundTrip != nil {
			trip = strconv.FormatFloat(*n.RoundTrip, 'f', 1, 64) + " ms"
		}
		suspect := a.out.Paint(terminal.Plain, "")
		if n.Suspect {
			suspect = a.out.Paint(terminal.Yellow, "may be cut off itself")
		}
		t.Row(n.Name, n.Role, n.Address, n.Version, digest, human(max(0, f.Time.Sub(n.Since))), heard, trip, suspect)
	}
	t.Write()
	a.out.Printf("\n")
	if len(f.Endpoints) == 0 {
		a.out.Printf("no node has taken weight from any endpoint of %s\n", plural(len(f.Clusters), "cluster"))
		return
	}
	t = a.out.Table("", "CLUSTER", "ENDPOINT", "STATE", ">WEIGHT", ">REPORTED BY", "REASON")
	for _, e := range f.Endpoints {
		state := a.out.Paint(terminal.Yellow, e.State)
		if e.State == "down" {
			state = a.out.Paint(terminal.Red, e.State)
		}
		t.Row(e.Cluster, e.Address, state, strconv.FormatFloat(100*e.Share, 'f', 0, 64)+"%", fmt.Sprintf("%d of %d", len(e.Reports), e.Watchers), e.Reason)
	}
	t.Write()
}

// usualDigest is what most edges and relays run.
func usualDigest(nodes []aggregator.Node) (most string) {
	count := map[string]int{}
	for _, n := range nodes {
		if n.Role == "healthagg" {
			continue
		}
		count[n.Digest]++
		if count[n.Digest] > count[most] {
			most = n.Digest
		}
	}
	return most
}
