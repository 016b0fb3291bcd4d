package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/syncclient"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// envSync names config-sync where --server does not.
const envSync = "GATEWAY_CONFIG_SYNC"

// again is the pause before config-sync is asked again when it was away.
const again = time.Second

func (a *app) fleetCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "fleet",
		Short: "Publish a fleet's configuration, and watch it roll out",
		Long: `fleet talks to config-sync, which gives the nodes of a fleet their configuration in steps, compares those that have it with
those that don't, and takes it back by itself when they do worse (docs/config-sync.md).`,
		Example: `  gateway fleet publish gateway.yaml --rollout 1,25%,100% --bake 1m
  gateway fleet status --watch`,
		Args: cobra.ArbitraryArgs,
		RunE: a.group,
	}
	c.AddCommand(
		a.publishCommand(), a.fleetStatusCommand(), a.historyCommand(), a.fleetShowCommand(),
		a.fleetRollbackCommand(),
		a.controlCommand("pause", "Let a rollout take no further step",
			"Nodes keep what they have. The gates are looked at all the same, and still "+
				"take it back.", configpb.ControlAction_CONTROL_ACTION_PAUSE),
		a.controlCommand("resume", "Let a paused rollout go on",
			"The bake time of its step begins anew.", configpb.ControlAction_CONTROL_ACTION_RESUME),
		a.controlCommand("abort", "Take a rollout back",
			"All nodes get the last good configuration again.",
			configpb.ControlAction_CONTROL_ACTION_ABORT),
		a.controlCommand("force", "Take the next step now, whatever gates and bake time say",
			"In the last step it ends the rollout; while one is taken back it ends the waiting "+
				"for nodes that don't come back.", configpb.ControlAction_CONTROL_ACTION_FORCE),
	)
	return c
}

// syncFlags are the flags of the verbs that ask config-sync.
type syncFlags struct {
	syncclient.Options
	author  string
	timeout time.Duration
	json    bool
}

func syncFlagsOf(c *cobra.Command) *syncFlags {
	f := &syncFlags{}
	c.Flags().StringVar(&f.Address, "server", "",
		"the `address` of config-sync (default: "+envSync+", else "+syncclient.DefaultAddress+")")
	c.Flags().StringVar(&f.CA, "ca", "",
		"the PEM `file` of the authorities that config-sync's certificate may be of")
	c.Flags().StringVar(&f.Cert, "cert", "",
		"the PEM `file` of the operator's certificate, for spiffe://gateway/operator/NAME")
	c.Flags().StringVar(&f.Key, "key", "", "the PEM `file` of its key")
	c.Flags().StringVar(&f.Name, "server-name", "",
		"the `name` that config-sync's certificate is for, where it is not the host of --server")
	c.Flags().DurationVar(&f.timeout, "timeout", 15*time.Second,
		"the `duration` an answer may take at most")
	jsonFlag(c, &f.json)
	for _, name := range []string{"ca", "cert", "key"} {
		_ = c.RegisterFlagCompletionFunc(name, files)
	}
	return f
}

// authorFlag defines --author, for verbs that change something.
func (f *syncFlags) authorFlag(c *cobra.Command) {
	c.Flags().StringVar(&f.author, "author", "",
		"who does it, for the history (default: USER); the name in a certificate counts more")
}

func (a *app) authorOf(f *syncFlags) string {
	if f.author != "" {
		return f.author
	}
	return a.Env("USER")
}

// sync connects to config-sync.
func (a *app) sync(c *cobra.Command, f *syncFlags) (*syncclient.Client, error) {
	if f.Address == "" {
		f.Address = a.Env(envSync)
	}
	if f.Address == "" {
		f.Address = syncclient.DefaultAddress
	}
	if f.timeout <= 0 {
		return nil, usage(c, "--timeout is %v; it must be more than nothing", f.timeout)
	}
	client, err := syncclient.New(f.Options)
	if err != nil {
		return nil, usageError{err, c.CommandPath()}
	}
	return client, nil
}

// clock is a time as a person wants it, in the zone of this machine.
func clock(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

// outcomeText is the outcome of a revision, in its colour.
func (a *app) outcomeText(outcome string) terminal.Text {
	switch outcome {
	case "good":
		return a.out.Paint(terminal.Green, outcome)
	case "undone", "replaced", "dropped":
		return a.out.Paint(terminal.Red, outcome)
	}
	return a.out.Paint(terminal.Yellow, outcome)
}

// authorText says who made a revision. Those without an author are config-sync's own: it took
// something back.
func authorText(r *configpb.Revision) string {
	if r.GetAuthor() == "" {
		return "config-sync"
	}
	return r.GetAuthor()
}

// snapshotText is the name of a snapshot as a person wants it: the beginning of its digest.
func snapshotText(digest string) string {
	if digest == "" {
		return "own files"
	}
	return short(digest)
}
