package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// upgradeTime is how long an upgrade may take, unless --timeout says otherwise: longer than the
// defaults of upgrade.timeout and upgrade.trial.
const upgradeTime = 2 * time.Minute

func (a *app) upgradeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "upgrade",
		Short: "Put another binary in the place of a running gateway, without a lost connection",
		Long: `upgrade lets a running gateway start the binary that lies at its path by now, or the one that upgrade.binary of its
configuration names, hand its sockets and its state to it, and drain, as SIGUSR2 does. It prints the receipt. A new process
that does not get ready, runs another configuration, or ends within its trial is taken back, and the running one goes on.

It works for gateway run, edge and relay. In a container, whose first process can't be replaced, start a new one.

The exit code is 1 when the running process goes on.`,
		Example: `  mv gateway.new /usr/local/bin/gateway && gateway upgrade
  gateway upgrade --admin 127.0.0.1:9902 --json | jq .result`,
	}
	r := remoteFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if !c.Flags().Changed("timeout") {
			r.timeout = upgradeTime
		}
		client, err := a.client(c, r)
		if err != nil {
			return err
		}
		u, err := asking(c.Context(), a, "upgrading the gateway", client, client.Upgrade)
		if err != nil {
			return err
		}
		if r.json {
			err = a.out.JSON(u)
		} else {
			a.printUpgrade(u)
		}
		if err == nil && u.Result != admin.Upgraded {
			return errFailed
		}
		return err
	}
	return c
}

// printUpgrade says in words what became of an upgrade.
func (a *app) printUpgrade(u admin.Upgrade) {
	style, result := terminal.Green, string(u.Result)
	switch u.Result {
	case admin.TakenBack:
		style, result = terminal.Red, "taken back"
	case admin.Refused:
		style = terminal.Red
	}
	a.out.Printf("upgrade %d: %s in %s: %s\n", u.ID, a.out.Paint(style, result), ms(u.DurationMS),
		u.Message)
	a.out.Printf("binary %s\n", u.Binary)
	if u.Result != admin.Upgraded {
		a.out.Printf("gateway %s, generation %d, goes on as process %d\n", u.OldVersion,
			u.Generation, u.OldPID)
		return
	}
	a.out.Printf("version %s -> %s, generation %d, digest %s\n", u.OldVersion, u.NewVersion,
		u.Generation, short(u.Digest))
}

// printProcess says which process runs, and what became of the last upgrades.
func (a *app) printProcess(p *admin.Process) {
	if p == nil {
		return
	}
	a.out.Printf("process %d, generation %d\n", p.PID, p.Generation)
	for _, o := range p.Old {
		a.out.Printf("process %d of generation %d drains since %s, %s left\n", o.PID, o.Generation,
			o.Since.Local().Format("15:04:05"), plural(o.Connections, "connection"))
	}
	for i, u := range p.Upgrades {
		if u.Result == admin.Upgraded || i > 0 {
			break
		}
		a.out.Printf("%s at %s: %s\n", a.out.Paint(terminal.Red, "upgrade failed"),
			u.Time.Local().Format("15:04:05"), u.Message)
	}
}
