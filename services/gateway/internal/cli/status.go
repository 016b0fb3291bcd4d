package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/aggregator"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/adminclient"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// shownReloads is how many receipts status shows; --json has all that the gateway keeps.
const shownReloads = 5

func (a *app) statusCommand() *cobra.Command {
	var watch, fleet bool
	var interval time.Duration
	c := &cobra.Command{
		Use:   "status",
		Short: "Show how a running gateway is",
		Long: `status asks a running gateway for its state, its configuration's digest, its listeners, the endpoints of its clusters with
their configured and effective weight and the reason for it, and its last reloads.

With --fleet it asks a health aggregator instead: which nodes there are and what they run, which endpoints have lost weight,
how much, who reports it and why (docs/healthagg.md).

The exit code is 0 when the gateway answers, in whatever state, and 1 when it does not.`,
		Example: `  gateway status
  gateway status --watch
  gateway status --fleet --watch
  gateway status --config gateway.yaml --json | jq .state`,
	}
	r := remoteFlags(c)
	c.Flags().BoolVar(&watch, "watch", false, "show it again and again, until Ctrl-C")
	c.Flags().BoolVar(&fleet, "fleet", false,
		"show the whole fleet, as the health aggregator at --admin (default: "+
			aggregator.DefaultAdmin+") sees it")
	c.Flags().DurationVar(&interval, "interval", 2*time.Second,
		"with --watch, the `duration` between two looks")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if fleet && r.admin == "" && r.config == "" {
			r.admin = aggregator.DefaultAdmin
		}
		client, err := a.client(c, r)
		if err != nil {
			return err
		}
		if fleet {
			return a.statusFleet(c.Context(), client, r.json, watch)
		}
		if !watch {
			return a.status(c.Context(), client, r.json, false)
		}
		if interval < 100*time.Millisecond {
			return usage(c, "--interval is %v; it must be at least 100ms", interval)
		}
		return a.watchStatus(c.Context(), client, r.json, interval)
	}
	return c
}

// watchStatus shows the status until ctx ends. Only if the first look fails there is nothing to
// watch.
func (a *app) watchStatus(
	ctx context.Context, client *adminclient.Client, asJSON bool, interval time.Duration,
) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for first := true; ; first = false {
		err := a.status(ctx, client, asJSON, true)
		switch {
		case ctx.Err() != nil:
			return nil // Ctrl-C is how it ends
		case err != nil && first:
			return err
		case err != nil:
			a.err.Printf("gateway: %s\n", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (a *app) status(ctx context.Context, client *adminclient.Client, asJSON, again bool) error {
	s, err := asking(ctx, a, "asking for the status", client, client.Status)
	if err != nil {
		return err
	}
	if asJSON {
		return a.out.JSON(s)
	}
	if again {
		a.out.Clear()
	}
	a.printStatus(s)
	if again && !a.out.Terminal() {
		a.out.Printf("\n")
	}
	return nil
}

func (a *app) printStatus(s admin.Status) {
	style := terminal.Yellow
	if s.State == admin.Ready {
		style = terminal.Green
	}
	uptime := time.Duration(s.Uptime * float64(time.Second))
	a.out.Printf("gateway %s is %s", s.Version, a.out.Paint(style, string(s.State)))
	if s.Reason != "" {
		a.out.Printf(" (%s)", s.Reason)
	}
	a.out.Printf(", up %s\nconfiguration: %s, digest %s\n", human(uptime), s.Source,
		short(s.Digest))
	a.printProcess(s.Process)
	if l := s.FleetLimits; l != nil && l.Limits > 0 {
		a.printFleetLimits(l)
	}
	if c := s.ConfigSync; c != nil {
		a.printConfigSync(*c)
	}
	if s.AccessLog.Dropped > 0 {
		a.out.Printf("%s %d lines of the access log were dropped: its output is too slow\n",
			a.out.Paint(terminal.Yellow, "warning:"), s.AccessLog.Dropped)
	}
	if t := s.Tracing; t != nil && t.Failure != "" {
		a.out.Printf("%s traces are lost: the collector at %s does not take them: %s\n",
			a.out.Paint(terminal.Yellow, "warning:"), t.Endpoint, t.Failure)
	}
	a.out.Printf("\n")

	t := a.out.Table("", "LISTENER", "ADDRESS", "PROTOCOL", ">CONNECTIONS")
	for _, l := range s.Listeners {
		t.Row(l.Name, l.Address, l.Protocol, l.ActiveConnections)
	}
	t.Write()
	a.out.Printf("\n")

	header := []string{"CLUSTER", ">CONNECTIONS", ">LIMIT", ">WAITING"}
	balanced := slices.ContainsFunc(s.Clusters, func(c admin.Cluster) bool {
		return c.Balance != "" && c.Balance != config.BalanceRoundRobin
	})
	if balanced {
		header = append(header, "BALANCE")
	}
	t = a.out.Table("", header...)
	for _, c := range s.Clusters {
		limit := "none"
		if c.MaxConnections > 0 {
			limit = strconv.FormatInt(c.MaxConnections, 10)
		}
		row := []any{c.Name, c.Connections, limit, c.Pending}
		if balanced {
			row = append(row, c.Balance)
		}
		t.Row(row...)
	}
	t.Write()
	a.out.Printf("\n")

	t = a.out.Table("", "CLUSTER", "ENDPOINT", ">WEIGHT", ">EFFECTIVE", ">ACTIVE", ">IDLE",
		"REASON")
	for _, c := range s.Clusters {
		for _, e := range c.Endpoints {
			effective := a.out.Paint(terminal.Plain,
				strconv.FormatFloat(e.EffectiveWeight, 'f', -1, 64))
			if e.EffectiveWeight < float64(e.Weight) {
				effective = a.out.Paint(terminal.Yellow,
					strconv.FormatFloat(e.EffectiveWeight, 'f', -1, 64))
			}
			t.Row(c.Name, e.Address, e.Weight, effective, e.ActiveConnections, e.IdleConnections,
				e.Reason)
		}
	}
	t.Write()
	a.printFailures(s.Clusters)
	a.printReloads(s, s.Started.Add(uptime))
}

// printFailures tells what went wrong with endpoints last.
func (a *app) printFailures(clusters []admin.Cluster) {
	t := a.out.Table("", "CLUSTER", "ENDPOINT", "WHEN", "LAST FAILURE")
	any := false
	for _, c := range clusters {
		for _, e := range c.Endpoints {
			if f := e.LastFailure; f != nil {
				any = true
				t.Row(c.Name, e.Address, f.Time.Local().Format("15:04:05"), f.Reason)
			}
		}
	}
	if any {
		a.out.Printf("\n")
		t.Write()
	}
}

// printFleetLimits says in a line which shares the node has, and who gives them.
func (a *app) printFleetLimits(l *admin.FleetLimits) {
	said := "nobody gives out shares"
	switch {
	case l.Leads:
		said = "this node gives out the shares"
	case l.Leader != "":
		said = "shares from " + l.Leader
	}
	var parts []string
	for _, s := range l.Shares {
		parts = append(parts, fmt.Sprintf("%s #%s %.0f %%", s.Route, s.Limit, 100*s.Share))
		if len(parts) == maxShownShares {
			break
		}
	}
	if n := len(l.Shares) - len(parts); n > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", n))
	}
	line := fmt.Sprintf("fleet limits: %s (%d of %d voters are there); %s", said, l.VotersFound,
		l.Voters, strings.Join(parts, ", "))
	if l.Problem != "" {
		line += "; " + l.Problem
	}
	a.out.Printf("%s\n", line)
}

// maxShownShares is how many limits the line of fleet limits names.
const maxShownShares = 5

// printConfigSync says in a line or two how following config-sync goes.
func (a *app) printConfigSync(c admin.ConfigSync) {
	state := a.out.Paint(terminal.Green, "connected to "+c.Server)
	if !c.Connected {
		state = a.out.Paint(terminal.Yellow, "not connected: "+c.LastError)
	}
	runs := "the node's own file"
	if c.SnapshotDigest != "" {
		runs = "revision " + strconv.FormatUint(c.Revision, 10) + ", snapshot " +
			short(c.SnapshotDigest)
	}
	if c.FromCache {
		runs += " from the last run"
	}
	a.out.Printf("config-sync: %s; it runs %s\n", state, runs)
	if c.Refusal != "" {
		a.out.Printf("%s revision %d was refused: %s\n", a.out.Paint(terminal.Red, "config-sync:"),
			c.RefusedRevision, c.Refusal)
	}
	if c.CacheError != "" {
		a.out.Printf("%s the last good configuration could not be kept: %s\n",
			a.out.Paint(terminal.Yellow, "warning:"), c.CacheError)
	}
}

// printReloads prints the last receipts; now is the time of the gateway's own clock.
func (a *app) printReloads(s admin.Status, now time.Time) {
	if len(s.Reloads) == 0 && s.LastError == nil {
		return
	}
	a.out.Printf("\n")
	t := a.out.Table("", ">RELOAD", ">WHEN", "TRIGGER", "RESULT", "REASON", ">TOOK", "MESSAGE")
	for _, r := range s.Reloads[:min(len(s.Reloads), shownReloads)] {
		t.Row(r.ID, human(max(0, now.Sub(r.Time)))+" ago", string(r.Trigger), a.result(r),
			string(r.Reason), ms(r.DurationMS), r.Message)
	}
	t.Write()
	if r := s.LastError; r != nil {
		a.out.Printf("\n%s %s\n", a.out.Paint(terminal.Red, "the last change was refused:"),
			r.Message)
		printProblems(a.out, r.Problems)
	}
}

// result is the result of a change, in its colour.
func (a *app) result(r admin.Receipt) terminal.Text {
	switch r.Result {
	case admin.Applied:
		return a.out.Paint(terminal.Green, string(r.Result))
	case admin.Refused:
		return a.out.Paint(terminal.Red, string(r.Result))
	case admin.RolledBack:
		return a.out.Paint(terminal.Yellow, string(r.Result))
	}
	return a.out.Paint(terminal.Plain, string(r.Result))
}

// away says whether nothing listens at the address any more.
func away(err error) bool { return errors.Is(err, adminclient.ErrAway) }
