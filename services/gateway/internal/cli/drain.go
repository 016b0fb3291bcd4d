package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/adminclient"
)

// lookEvery is how often drain --wait looks whether the gateway is gone.
const lookEvery = 200 * time.Millisecond

func (a *app) drainCommand() *cobra.Command {
	var wait bool
	c := &cobra.Command{
		Use:   "drain",
		Short: "Let a running gateway end",
		Long: `drain lets a running gateway end as SIGTERM does: it takes no more connections, requests that run go on until they end or
drain.timeout passes, and the process exits. readyz answers 503 meanwhile.`,
		Example: "  gateway drain --wait",
	}
	r := remoteFlags(c)
	c.Flags().BoolVar(&wait, "wait", false, "return when the gateway has ended")
	c.RunE = func(c *cobra.Command, _ []string) error {
		client, err := a.client(c, r)
		if err != nil {
			return err
		}
		state, err := asking(c.Context(), a, "asking for a drain", client, client.Drain)
		if err != nil {
			return err
		}
		if wait {
			if err := a.waitForEnd(c.Context(), client); err != nil {
				return err
			}
			state.Status = "ended"
		}
		switch {
		case r.json:
			return a.out.JSON(state)
		case wait:
			a.out.Printf("the gateway at %s has ended\n", client.Address())
		default:
			a.out.Printf("the gateway at %s is draining: it takes no more connections, and ends "+
				"when the requests that run have ended\n", client.Address())
		}
		return nil
	}
	return c
}

// waitForEnd waits until nothing listens at the admin address; the admin API outlives the drain.
func (a *app) waitForEnd(ctx context.Context, client *adminclient.Client) error {
	done := a.err.Progress("waiting for the gateway to end")
	defer done()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if _, err := client.Status(ctx); away(err) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
