package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/syncclient"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// publication is the flags of publish.
type publication struct {
	plan            syncclient.Plan
	message, expect string
	signing         signing
	busy            string
	dryRun, noWait  bool
}

var busyWords = map[string]configpb.IfBusy{
	"refuse": configpb.IfBusy_IF_BUSY_REFUSE, "wait": configpb.IfBusy_IF_BUSY_WAIT,
	"replace": configpb.IfBusy_IF_BUSY_REPLACE,
}

func (a *app) publishCommand() *cobra.Command {
	var p publication
	c := &cobra.Command{
		Use:   "publish FILE",
		Short: "Give the fleet a configuration, in steps",
		Long: `publish sends one file to config-sync, which checks it as every node would and prints all problems with their places. Then
it goes through the fleet in steps, and publish shows how, until it is good or was taken back. Ctrl-C ends the watching, not
the rollout.

FILE is sent as it is: overlays (GATEWAY_ENV) are not laid over it, secrets stay references, and files that it names have to
be on the nodes.

The exit code is 0 when the configuration is the good one (with --no-wait: when it was taken), 1 when it was taken back or
config-sync can't be asked, 2 when it has problems.`,
		Example: `  gateway fleet publish gateway.yaml
  gateway fleet publish gateway.yaml --rollout 1,25%,100% --bake 1m --message 'new checkout'
  gateway fleet publish gateway.yaml --dry-run
  gateway fleet publish gateway.yaml --gate max_5xx_increase=0.005 --gate max_p99_increase=off`,
		Args:              exactArgs("FILE"),
		ValidArgsFunction: files,
	}
	f := syncFlagsOf(c)
	f.authorFlag(c)
	c.Flags().StringVarP(&p.message, "message", "m", "", "what changes and why, for the history")
	c.Flags().StringVar(&p.plan.Steps, "rollout", "",
		"how far each `step` goes: numbers of nodes, or shares of them (default: config-sync's, "+
			"1,25%,100%)")
	c.Flags().DurationVar(&p.plan.Bake, "bake", 0,
		"how long each step is looked at (default: config-sync's, 30s)")
	c.Flags().StringArrayVar(&p.plan.Labels, "label", nil,
		"`NAME=VALUE` that nodes of all steps but the last must have; may be given again")
	c.Flags().StringArrayVar(&p.plan.Gates, "gate", nil,
		"`GATE=VALUE` of how much worse nodes may do, or off; may be given again "+
			"(docs/config-sync.md has them)")
	c.Flags().StringVar(&p.busy, "if-busy", "refuse",
		"what to do while another rollout runs: refuse, wait or replace it")
	c.Flags().StringVar(&p.expect, "expect-digest", "",
		"publish only if this is the snapshot `digest` of the newest revision: nobody was faster")
	p.signing.bind(c)
	c.Flags().BoolVar(&p.dryRun, "dry-run", false, "only let config-sync check it")
	c.Flags().BoolVar(&p.noWait, "no-wait", false, "do not wait for the rollout to end")
	_ = c.RegisterFlagCompletionFunc("if-busy",
		cobra.FixedCompletions([]string{"refuse", "wait", "replace"},
			cobra.ShellCompDirectiveNoFileComp))
	c.RunE = func(c *cobra.Command, args []string) error {
		request, err := a.publishRequest(c, p, f, args[0])
		if err != nil {
			return err
		}
		client, err := a.sync(c, f)
		if err != nil {
			return err
		}
		defer client.Close()
		return a.publish(c.Context(), client, request, f, p)
	}
	return c
}

// publishRequest reads the file and the flags.
func (a *app) publishRequest(
	c *cobra.Command, p publication, f *syncFlags, file string,
) (*configpb.PublishRequest, error) {
	if p.plan.Bake < 0 {
		return nil, usage(c, "--bake is %v; it can't be negative", p.plan.Bake)
	}
	if !c.Flags().Changed("bake") {
		p.plan.Bake = -1 // config-sync decides; 0 is a wish like any other
	}
	rollout, err := p.plan.Rollout()
	if err != nil {
		return nil, usageError{err, c.CommandPath()}
	}
	busy, ok := busyWords[p.busy]
	if !ok {
		return nil, usage(c, "--if-busy is %q; it must be refuse, wait or replace", p.busy)
	}
	text, err := readConfig(file)
	if err != nil {
		return nil, err
	}
	out := &configpb.PublishRequest{
		Config: text, FileName: filepath.Base(file), Message: p.message, Author: a.authorOf(f),
		Rollout: rollout, ExpectedDigest: p.expect,
		IfBusy: busy, DryRun: p.dryRun,
	}
	return out, nil
}

// readConfig reads a file that may be published. What is wrong with it is one of its problems.
func readConfig(file string) ([]byte, error) {
	problem := func(text string) error {
		return config.Problems{
			{File: file, Code: config.CodeRead, Message: "the file can't be read: " + text},
		}
	}
	f, err := os.Open(file)
	if err != nil {
		if p, ok := err.(*os.PathError); ok {
			err = p.Err
		}
		return nil, problem(err.Error())
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, syncclient.MaxConfig+1))
	if err != nil {
		return nil, problem(err.Error())
	}
	if len(text) > syncclient.MaxConfig {
		return nil, config.Problems{
			{
				File: file, Code: config.CodeTooLarge,
				Message: fmt.Sprintf(
					"the file has more than %d bytes, which is the most that config-sync takes",
					syncclient.MaxConfig),
			},
		}
	}
	return text, nil
}

// fleetEvent is one line of publish --json and rollback --json.
type fleetEvent struct {
	Event    string `json:"event"` // checked, published, progress, ended
	Revision uint64 `json:"revision"`
	Digest   string `json:"digest,omitempty"`
	// of a rollout: applying, baking, reverting, done, undone
	State    string           `json:"state,omitempty"`
	Step     uint32           `json:"step,omitempty"`
	Steps    uint32           `json:"steps,omitempty"`
	Reached  uint32           `json:"reached,omitempty"`
	Applied  uint32           `json:"applied,omitempty"`
	Paused   bool             `json:"paused,omitempty"`
	Outcome  string           `json:"outcome,omitempty"`
	Reason   string           `json:"reason,omitempty"`
	Problems []config.Problem `json:"problems,omitempty"`
	// Unchanged says that the newest revision had these bytes already.
	Unchanged bool   `json:"unchanged,omitempty"`
	WaitsFor  uint32 `json:"waits_for,omitempty"` // rollouts
}

// event writes one line of JSON.
func (a *app) event(e fleetEvent) {
	_ = a.out.JSONLine(e) // a reader that went away is noticed by SIGPIPE
}

func (a *app) publish(
	ctx context.Context, client *syncclient.Client, r *configpb.PublishRequest, f *syncFlags,
	p publication,
) error {
	signed, err := p.signing.sign(ctx, client, f, syncclient.Digest(r.GetConfig()))
	if err != nil {
		return err
	}
	r.Signature, r.SignedNumber, r.SignedFloor = signed.Bytes, signed.Number, signed.Floor
	out, err := within(ctx, f.timeout,
		func(ctx context.Context) (*configpb.PublishResponse, error) {
			return client.Publish(ctx, r)
		})
	if err != nil {
		return client.Explain(err)
	}
	problems, bad := problemsOf(out.GetProblems())
	if f.json {
		e := fleetEvent{
			Event: "published", Revision: out.GetRevision(), Digest: out.GetDigest(),
			Problems: problems, Unchanged: out.GetUnchanged(), WaitsFor: out.GetWaitsFor(),
		}
		if bad || r.GetDryRun() {
			e.Event = "checked"
		}
		a.event(e)
	} else {
		printProblems(a.err, problems)
	}
	switch {
	case bad:
		return errUsageSaid
	case f.json:
	case r.GetDryRun():
		a.out.Printf("%s: %s, snapshot %s; nothing was published\n", r.GetFileName(),
			a.out.Paint(terminal.Green, "ok"), short(out.GetDigest()))
	case out.GetUnchanged():
		a.out.Printf("revision %d has this configuration already; nothing was done\n",
			out.GetRevision())
	default:
		a.out.Printf("published as revision %d, snapshot %s\n", out.GetRevision(),
			short(out.GetDigest()))
		if n := out.GetWaitsFor(); n > 0 {
			a.out.Printf("it waits for %s to end\n", plural(int(n), "rollout"))
		}
	}
	if r.GetDryRun() || p.noWait || out.GetRevision() == 0 {
		return nil
	}
	return a.follow(ctx, client, out.GetRevision(), f)
}

// within bounds one question.
func within[T any](
	ctx context.Context, d time.Duration, ask func(context.Context) (T, error),
) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return ask(ctx)
}

// problemsOf are problems as this machine has them. bad says whether one of them is an error.
func problemsOf(all []*configpb.Problem) (out []config.Problem, bad bool) {
	for _, p := range all {
		q := config.Problem{
			File: p.GetFile(), Line: int(p.GetLine()), Column: int(p.GetColumn()),
			Path: p.GetPath(), Code: p.GetCode(), Message: p.GetMessage(), Hint: p.GetHint(),
		}
		if p.GetSeverity() == "error" {
			bad = true
		} else {
			q.Message = "warning: " + q.Message
		}
		out = append(out, q)
	}
	return out, bad
}
