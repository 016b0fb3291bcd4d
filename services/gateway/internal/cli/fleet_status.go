package cli

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/syncclient"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

func (a *app) fleetStatusCommand() *cobra.Command {
	var watch bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Show what the nodes of the fleet run, and how the rollout goes",
		Long: `status asks config-sync for the good revision, the rollout that runs or ran last, what its gates have seen, and every node:
what it runs, when it was heard of, and what is wrong with it.

With --watch it is shown again after every change, until Ctrl-C; while config-sync is away it waits.`,
		Example: `  gateway fleet status
  gateway fleet status --watch
  gateway fleet status --json | jq '.nodes[] | select(.trouble != "")'`,
		Args: noArgs,
	}
	f := syncFlagsOf(c)
	c.Flags().BoolVar(&watch, "watch", false, "show it after every change, until Ctrl-C")
	c.RunE = func(c *cobra.Command, _ []string) error {
		client, err := a.sync(c, f)
		if err != nil {
			return err
		}
		defer client.Close()
		if watch {
			return a.watchFleet(c.Context(), client, f)
		}
		st, err := within(c.Context(), f.timeout,
			func(ctx context.Context) (*configpb.StatusResponse, error) {
				return client.Status(ctx, &configpb.StatusRequest{Nodes: true})
			})
		if err != nil {
			return client.Explain(err)
		}
		return a.showFleet(st, f, false)
	}
	return c
}

// watchFleet shows the status after each change until ctx ends. Only if the first look fails there
// is nothing to watch.
func (a *app) watchFleet(ctx context.Context, client *syncclient.Client, f *syncFlags) error {
	for first := true; ; {
		w, err := client.Follow(ctx, &configpb.StatusRequest{Nodes: true})
		for err == nil {
			var st *configpb.StatusResponse
			if st, err = w.Recv(); err != nil {
				break
			}
			first = false
			if err := a.showFleet(st, f, true); err != nil {
				return err
			}
		}
		switch {
		case ctx.Err() != nil:
			return nil // Ctrl-C is how it ends
		case first || !syncclient.Away(err):
			return client.Explain(err)
		}
		a.err.Printf("gateway: %s\n", client.Explain(err))
		timer := time.NewTimer(again)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// protoJSON writes a message as config-sync's /status does, on one line where there are more to
// come.
func (a *app) protoJSON(m proto.Message, more bool) error {
	text, err := protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}.Marshal(m)
	if err != nil {
		return err
	}
	// protojson varies its spaces on purpose, and leaves in strings what a terminal obeys.
	if more {
		return a.out.JSONLine(json.RawMessage(text))
	}
	return a.out.JSON(json.RawMessage(text))
}

func (a *app) showFleet(st *configpb.StatusResponse, f *syncFlags, more bool) error {
	if f.json {
		return a.protoJSON(st, more)
	}
	if more {
		a.out.Clear()
	}
	a.printFleet(st)
	if more && !a.out.Terminal() {
		a.out.Printf("\n")
	}
	return nil
}

func (a *app) printFleet(st *configpb.StatusResponse) {
	if good := st.GetGood(); good.GetRevision() == 0 {
		a.out.Printf("nothing is good yet: nodes run their own files\n")
	} else {
		a.out.Printf("good: revision %d, snapshot %s, by %s, %s", good.GetRevision(),
			snapshotText(good.GetDigest()), authorText(good), clock(good.GetTime().AsTime()))
		if good.GetMessage() != "" {
			a.out.Printf(": %s", good.GetMessage())
		}
		a.out.Printf("\n")
	}
	if run := st.GetRollout(); run.GetRevision() != nil {
		a.printRollout(run)
	}
	for _, r := range st.GetWaiting() {
		a.out.Printf("waiting: revision %d, snapshot %s, by %s\n", r.GetRevision(),
			snapshotText(r.GetDigest()), authorText(r))
	}
	digests := st.GetDigests()
	a.out.Printf("%s connected", plural(int(st.GetConnected()), "node"))
	for i, d := range slices.Sorted(maps.Keys(digests)) {
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		a.out.Printf("%s%d on %s", sep, digests[d], snapshotText(d))
	}
	a.out.Printf("\n\n")
	t := a.out.Table("", "NODE", "SERVICE", "VERSION", "CONNECTED", ">REVISION", "SNAPSHOT",
		">REQUESTS", ">5XX", ">P99", "TROUBLE")
	for _, n := range st.GetNodes() {
		connected := a.out.Paint(terminal.Green, "yes")
		if !n.GetConnected() {
			connected = a.out.Paint(terminal.Yellow,
				"no, for "+human(max(0, time.Since(n.GetSince().AsTime()))))
		}
		t.Row(n.GetNode(), n.GetService(), n.GetVersion(), connected,
			strconv.FormatUint(n.GetRevision(), 10), snapshotText(n.GetDigest()),
			strconv.FormatUint(n.GetRequests(), 10), strconv.FormatUint(n.GetResponses_5Xx(), 10),
			ms(n.GetP99Seconds()*1000), n.GetTrouble())
	}
	t.Write()
}

func (a *app) printRollout(run *configpb.RolloutStatus) {
	r := run.GetRevision()
	if ended(r.GetOutcome()) && run.GetState() != configpb.RolloutState_ROLLOUT_STATE_REVERTING {
		a.out.Printf("last rollout: revision %d is %s", r.GetRevision(),
			a.outcomeText(r.GetOutcome()))
		if r.GetReason() != "" {
			a.out.Printf(": %s", r.GetReason())
		}
		a.out.Printf("\n")
		a.printEvents(run)
		return
	}
	a.out.Printf("%s revision %d, snapshot %s, by %s: %s\n",
		a.out.Paint(terminal.Yellow, "rolling out:"), r.GetRevision(), snapshotText(r.GetDigest()),
		authorText(r), rolloutText(run))
	defer a.printEvents(run)
	if len(run.GetComparisons()) == 0 {
		return
	}
	t := a.out.Table("  ", "GATE", ">NEW", ">OLD", ">BEFORE", ">LIMIT", "SAYS")
	for _, c := range run.GetComparisons() {
		says := a.out.Paint(terminal.Green, "holds")
		switch {
		case c.GetBreached():
			says = a.out.Paint(terminal.Red, "broken")
		case !c.GetJudged():
			says = a.out.Paint(terminal.Dim, "too few requests")
		}
		old, before := "-", "-" // not what the limit was made of
		if c.GetOldUsed() {
			old = number(c.GetOld())
		}
		if c.GetBeforeUsed() {
			before = number(c.GetBefore())
		}
		t.Row(c.GetGate(), number(c.GetNew()), old, before, number(c.GetLimit()), says)
	}
	t.Write()
}

// printEvents says which nodes an operator should look at.
func (a *app) printEvents(run *configpb.RolloutStatus) {
	for _, e := range run.GetEvents() {
		a.out.Printf("%s %s, %s: %s\n", a.out.Paint(terminal.Yellow, "event:"), e.GetNode(),
			clock(e.GetTime().AsTime()), e.GetText())
	}
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', 3, 64) }
