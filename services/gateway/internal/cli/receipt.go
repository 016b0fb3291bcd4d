package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config/changes"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/adminclient"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

func (a *app) reloadCommand() *cobra.Command {
	return a.changeCommand("reloading", (*adminclient.Client).Reload, &cobra.Command{
		Use:   "reload",
		Short: "Let a running gateway read its configuration again",
		Long: `reload lets a running gateway read, check and apply its configuration, as a changed file and SIGHUP do, and prints the
receipt: what was added, changed and removed, and what became of open connections.

The exit code is 1 when the configuration is refused; the one before stays in force, and every problem is printed.`,
		Example: `  gateway reload
  gateway reload --admin 127.0.0.1:9902 --json | jq .result`,
	})
}

func (a *app) rollbackCommand() *cobra.Command {
	return a.changeCommand("rolling back", (*adminclient.Client).Rollback, &cobra.Command{
		Use:   "rollback",
		Short: "Let a running gateway return to its configuration before the last reload",
		Long: `rollback puts the configuration in force again that the last reload replaced. The file stays as it is: correct it, since
the next start reads it.

The exit code is 1 when there is nothing to return to.`,
		Example: "  gateway rollback",
	})
}

// changeCommand completes a command that changes the configuration in force.
func (a *app) changeCommand(
	doing string, change func(*adminclient.Client, context.Context) (admin.Receipt, error),
	c *cobra.Command,
) *cobra.Command {
	r := remoteFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		client, err := a.client(c, r)
		if err != nil {
			return err
		}
		receipt, err := asking(c.Context(), a, doing+" the gateway", client,
			func(ctx context.Context) (admin.Receipt, error) { return change(client, ctx) })
		if err != nil {
			return err
		}
		if r.json {
			err = a.out.JSON(receipt)
		} else {
			a.printReceipt(c.Name(), receipt)
		}
		if err == nil && receipt.Result == admin.Refused {
			return errFailed
		}
		return err
	}
	return c
}

// printReceipt says in words what became of a change.
func (a *app) printReceipt(verb string, r admin.Receipt) {
	a.out.Printf("%s %d: %s", verb, r.ID,
		a.out.Paint(a.result(r).Style(), strings.ReplaceAll(string(r.Result), "_", " ")))
	a.out.Printf(" in %s", ms(r.DurationMS))
	if r.Message != "" {
		a.out.Printf(": %s", r.Message)
	}
	a.out.Printf("\n")
	printProblems(a.out, r.Problems)
	switch r.Result {
	case admin.Refused:
		a.out.Printf("digest %s stays in force\n", short(r.OldDigest))
		return
	case admin.Unchanged:
		a.out.Printf("digest %s\n", short(r.OldDigest))
		return
	}
	a.out.Printf("digest %s -> %s\n", short(r.OldDigest), short(r.NewDigest))
	a.printChanges(changes.Changes{
		Listeners: r.Listeners, Clusters: r.Clusters, Routes: r.Routes, Other: r.Other,
	})
	a.out.Printf("%s: %d kept", a.out.Paint(terminal.Bold, "client connections"), r.StreamsKept)
	if len(r.StreamsClosed) == 0 {
		a.out.Printf(", none closed")
	}
	a.out.Printf("\n")
	for _, s := range r.StreamsClosed {
		a.out.Printf("  %s %d of listener %s: %s\n", a.out.Paint(terminal.Red, "-"), s.Count,
			s.Listener, s.Why)
	}
	for _, what := range r.NeedsRestart {
		a.out.Printf("%s %s\n", a.out.Paint(terminal.Yellow, "needs a restart:"), what)
	}
	if r.Omitted > 0 {
		a.out.Printf("%s left out\n", plural(r.Omitted, "more entry"))
	}
}
