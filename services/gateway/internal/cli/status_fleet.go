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
func (a *app) statusFleet(
	ctx context.Context, client *adminclient.Client, asJSON, watch bool,
) error {
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

// watchHealth shows the fleet after each change until ctx ends. Only if the first look fails there
// is nothing to watch; an aggregator that goes away is waited for.
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
			a.err.Printf("gateway: the aggregator at %s has gone; waiting for it\n",
				client.Address())
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
	a.out.Printf("%s as %s sees it, %s\n\n", plural(len(f.Nodes), "node"), f.Aggregator,
		clock(f.Time))
	usual := usualOf(f.Nodes)
	t := a.out.Table("", "NODE", "ROLE", "ADDRESS", "VERSION", "CONFIGURATION", ">UP", ">HEARD",
		">ROUND TRIP", "SUSPECT")
	for _, n := range f.Nodes {
		runs := configurationOf(n)
		shown := runs.String()
		if !runs.published { // it is what /status of the node has, too
			shown = "own file, digest " + short(n.Digest)
		}
		configuration := a.out.Paint(terminal.Plain, shown)
		if most := usual[runs.published]; n.Role != roleAggregator && runs != most {
			configuration = a.out.Paint(terminal.Yellow,
				shown+" (others have "+most.String()+")")
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
		t.Row(n.Name, n.Role, n.Address, n.Version, configuration,
			human(max(0, f.Time.Sub(n.Since))), heard, trip, suspect)
	}
	t.Write()
	a.out.Printf("\n")
	if len(f.Endpoints) == 0 {
		a.out.Printf("no node has taken weight from any endpoint of %s\n",
			plural(len(f.Clusters), "cluster"))
		return
	}
	t = a.out.Table("", "CLUSTER", "ENDPOINT", "STATE", ">WEIGHT", ">REPORTED BY", "REASON")
	for _, e := range f.Endpoints {
		state := a.out.Paint(terminal.Yellow, e.State)
		if e.State == "down" {
			state = a.out.Paint(terminal.Red, e.State)
		}
		t.Row(e.Cluster, e.Address, state, strconv.FormatFloat(100*e.Share, 'f', 0, 64)+"%",
			fmt.Sprintf("%d of %d", len(e.Reports), e.Watchers), e.Reason)
	}
	t.Write()
}

// roleAggregator is the role of nodes that have a document of their own: they route nothing.
const roleAggregator = "healthagg"

// configuration is what a node runs, for a comparison with others. Nodes that follow config-sync
// are compared by the snapshot that was published: each lays its own admin, gossip and config_sync
// over it, so their documents differ, and so do the digests of these. Other nodes are compared by
// their document without those keys.
type configuration struct {
	published bool
	digest    string // of the snapshot if it was published, else of what is compared
}

func configurationOf(n aggregator.Node) configuration {
	if n.SnapshotDigest != "" {
		return configuration{true, n.SnapshotDigest}
	}
	if n.SharedDigest != "" {
		return configuration{false, n.SharedDigest}
	}
	return configuration{false, n.Digest}
}

func (c configuration) String() string {
	if c.published {
		return "snapshot " + short(c.digest)
	}
	return "another file"
}

// usualOf is what most edges and relays run: of those with a snapshot, and of those without.
func usualOf(nodes []aggregator.Node) map[bool]configuration {
	count, most := map[configuration]int{}, map[bool]configuration{}
	for _, n := range nodes {
		if n.Role == roleAggregator {
			continue
		}
		c := configurationOf(n)
		count[c]++
		if count[c] > count[most[c.published]] {
			most[c.published] = c
		}
	}
	return most
}
