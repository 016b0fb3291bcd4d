package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

func (a *app) historyCommand() *cobra.Command {
	var limit uint32
	c := &cobra.Command{
		Use:     "history",
		Short:   "Show what was published, by whom, and what became of it",
		Long:    "history prints the revisions, the newest first.",
		Example: "  gateway fleet history --limit 10",
		Args:    noArgs,
	}
	f := syncFlagsOf(c)
	c.Flags().Uint32Var(&limit, "limit", 20, "how many revisions")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if limit == 0 || limit > 1000 {
			return usage(c, "--limit is %d; it must be from 1 to 1000", limit)
		}
		client, err := a.sync(c, f)
		if err != nil {
			return err
		}
		defer client.Close()
		h, err := within(c.Context(), f.timeout,
			func(ctx context.Context) (*configpb.HistoryResponse, error) {
				return client.History(ctx, &configpb.HistoryRequest{Limit: limit})
			})
		if err != nil {
			return client.Explain(err)
		}
		if f.json {
			return a.protoJSON(h, false)
		}
		if len(h.GetRevisions()) == 0 {
			a.out.Printf("nothing was published yet\n")
			return nil
		}
		t := a.out.Table("", ">REVISION", "TIME", "BY", "SNAPSHOT", "OUTCOME", "WHAT")
		for _, r := range h.GetRevisions() {
			what := r.GetMessage()
			if r.GetReturnsFrom() > 0 {
				what = "takes back revision " + strconv.FormatUint(r.GetReturnsFrom(), 10)
			}
			if r.GetReason() != "" {
				if what != "" {
					what += "; "
				}
				what += r.GetReason()
			}
			t.Row(strconv.FormatUint(r.GetRevision(), 10), clock(r.GetTime().AsTime()),
				authorText(r), snapshotText(r.GetDigest()), a.outcomeText(r.GetOutcome()), what)
		}
		t.Write()
		return nil
	}
	return c
}

func (a *app) fleetShowCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "show REVISION|SNAPSHOT",
		Short: "Print a configuration that was published",
		Long: "show writes the bytes of a revision, or of the snapshot with a digest, to " +
			"stdout, as they were published.",
		Example: `  gateway fleet show 12 > twelve.yaml
  gateway fleet show 12 | diff - gateway.yaml`,
		Args: exactArgs("REVISION or SNAPSHOT"),
	}
	f := syncFlagsOf(c)
	_ = c.Flags().MarkHidden("json")
	c.RunE = func(c *cobra.Command, args []string) error {
		client, err := a.sync(c, f)
		if err != nil {
			return err
		}
		defer client.Close()
		ctx, cancel := context.WithTimeout(c.Context(), f.timeout)
		defer cancel()
		digest := args[0]
		if n, err := strconv.ParseUint(digest, 10, 64); err == nil {
			r, err := a.revision(ctx, client, n)
			if err != nil {
				return client.Explain(err)
			}
			if r.GetDigest() == "" {
				a.err.Printf("revision %d sends nodes back to their own files\n", n)
				return errFailed
			}
			digest = r.GetDigest()
		}
		s, err := client.Snapshot(ctx, &configpb.SnapshotRequest{Digest: digest})
		if err != nil {
			return client.Explain(err)
		}
		if a.out.Terminal() {
			a.out.Lines(string(s.GetConfig()))
			return nil
		}
		_, err = a.Stdout.Write(s.GetConfig())
		return err
	}
	return c
}

func (a *app) fleetRollbackCommand() *cobra.Command {
	var to uint64
	var message string
	var noWait bool
	var s signing
	c := &cobra.Command{
		Use:   "rollback",
		Short: "Give the fleet an earlier configuration again",
		Long: `rollback makes an earlier configuration the newest revision, for all nodes at once. Without --to, that is the last good one
while a rollout runs, and else the good one before it. Nodes with a public key take one that is older only if the return is
signed (--sign-key).

The exit code is as that of publish.`,
		Example: `  gateway fleet rollback
  gateway fleet rollback --to 12 --message 'checkout is slow'`,
		Args: noArgs,
	}
	f := syncFlagsOf(c)
	f.authorFlag(c)
	c.Flags().Uint64Var(&to, "to", 0, "the `revision` to return to")
	c.Flags().StringVarP(&message, "message", "m", "", "why, for the history")
	c.Flags().BoolVar(&noWait, "no-wait", false, "do not wait until the nodes have it")
	s.bind(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		client, err := a.sync(c, f)
		if err != nil {
			return err
		}
		defer client.Close()
		request := &configpb.RollbackRequest{
			Revision: to, Message: message, Author: a.authorOf(f),
		}
		ask := func(ctx context.Context) (*configpb.RollbackResponse, error) {
			return client.Rollback(ctx, request)
		}
		if s.key != "" {
			request.DryRun = true
			target, err := within(c.Context(), f.timeout, ask)
			if err != nil {
				return client.Explain(err)
			}
			signed, err := s.sign(c.Context(), client, f, target.GetDigest())
			if err != nil {
				return err
			}
			request.DryRun = false
			request.Signature = signed.Bytes
			request.SignedNumber, request.SignedFloor = signed.Number, signed.Floor
		}
		out, err := within(c.Context(), f.timeout, ask)
		if err != nil {
			return client.Explain(err)
		}
		if f.json {
			a.event(fleetEvent{
				Event: "published", Revision: out.GetRevision(), Digest: out.GetDigest(),
			})
		} else {
			a.out.Printf("rolling back to %s as revision %d\n", snapshotText(out.GetDigest()),
				out.GetRevision())
		}
		if noWait {
			return nil
		}
		return a.follow(c.Context(), client, out.GetRevision(), f)
	}
	return c
}

func (a *app) controlCommand(
	verb, about, details string, action configpb.ControlAction,
) *cobra.Command {
	var reason string
	var revision uint64
	c := &cobra.Command{
		Use: verb, Short: about, Long: about + ".\n" + details,
		Example: "  gateway fleet " + verb + " --reason 'looking at errors'",
		Args:    noArgs,
	}
	f := syncFlagsOf(c)
	f.authorFlag(c)
	c.Flags().StringVar(&reason, "reason", "", "why, for the history")
	c.Flags().Uint64Var(&revision, "revision", 0,
		"only if this `revision` is the one that rolls out")
	c.RunE = func(c *cobra.Command, _ []string) error {
		client, err := a.sync(c, f)
		if err != nil {
			return err
		}
		defer client.Close()
		out, err := within(c.Context(), f.timeout,
			func(ctx context.Context) (*configpb.ControlResponse, error) {
				return client.Control(ctx, &configpb.ControlRequest{
					Action: action, Revision: revision, Reason: reason, Author: a.authorOf(f),
				})
			})
		if err != nil {
			return client.Explain(err)
		}
		if f.json {
			return a.protoJSON(out, false)
		}
		run := out.GetRollout()
		a.out.Printf("%s revision %d: %s\n", a.out.Paint(terminal.Green, "done:"),
			run.GetRevision().GetRevision(), rolloutText(run))
		return nil
	}
	return c
}
