package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/syncclient"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// follow shows how a revision goes through the fleet, until it has an outcome. While config-sync is
// away it waits: rollouts outlive it.
func (a *app) follow(
	ctx context.Context, client *syncclient.Client, revision uint64, f *syncFlags,
) error {
	var last string
	for said := false; ; {
		outcome, reason, err := a.followOnce(ctx, client, revision, f, &last)
		switch {
		case ctx.Err() != nil:
			a.err.Printf("gateway: no longer watching; the rollout of revision %d goes on: "+
				"gateway fleet status\n", revision)
			return errFailed
		case err == nil:
			if f.json {
				a.event(fleetEvent{
					Event: "ended", Revision: revision, Outcome: outcome, Reason: reason,
				})
			} else {
				a.out.Printf("revision %d is %s", revision, a.outcomeText(outcome))
				if reason != "" {
					a.out.Printf(": %s", reason)
				}
				a.out.Printf("\n")
			}
			if outcome != "good" {
				return errFailed
			}
			return nil
		case !syncclient.Away(err):
			return client.Explain(err)
		case !said:
			a.err.Printf("%s %s; waiting for it\n", a.err.Paint(terminal.Yellow, "gateway:"),
				client.Explain(err))
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

// followOnce follows over one stream.
func (a *app) followOnce(
	ctx context.Context, client *syncclient.Client, revision uint64, f *syncFlags, last *string,
) (outcome, reason string, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := client.Follow(ctx, &configpb.StatusRequest{})
	if err != nil {
		return "", "", err
	}
	for {
		st, err := w.Recv()
		if err != nil {
			return "", "", err
		}
		run := st.GetRollout()
		now := run.GetRevision()
		if now.GetRevision() != revision {
			if slices.ContainsFunc(st.GetWaiting(), func(r *configpb.Revision) bool {
				return r.GetRevision() == revision
			}) {
				text := "waiting for its turn"
				if n := now.GetRevision(); n > 0 && !ended(now.GetOutcome()) {
					text = fmt.Sprintf("waiting for revision %d to end", n)
				}
				a.progress(f, last, text, fleetEvent{
					Event: "progress", Revision: revision, State: "waiting",
				})
				continue
			}
			// Another one came after it, or it was dropped before it began.
			r, err := a.revision(ctx, client, revision)
			if err != nil {
				return "", "", err
			}
			if ended(r.GetOutcome()) {
				return r.GetOutcome(), r.GetReason(), nil
			}
			continue
		}
		// One that is taken back has its outcome before the nodes are back.
		if ended(now.GetOutcome()) &&
			run.GetState() != configpb.RolloutState_ROLLOUT_STATE_REVERTING {
			return now.GetOutcome(), now.GetReason(), nil
		}
		a.progress(f, last, rolloutText(run), fleetEvent{
			Event: "progress", Revision: revision, State: stateText(run.GetState()),
			Step: run.GetStep(), Steps: run.GetSteps(),
			Reached: run.GetReached(), Applied: run.GetApplied(), Paused: run.GetPaused(),
			Reason: run.GetReason(),
		})
	}
}

func ended(outcome string) bool {
	return !slices.Contains([]string{"", "waiting", "rolling"}, outcome)
}

// revision looks one up.
func (a *app) revision(
	ctx context.Context, client *syncclient.Client, number uint64,
) (*configpb.Revision, error) {
	h, err := client.History(ctx, &configpb.HistoryRequest{Limit: 1, Before: number + 1})
	if err != nil {
		return nil, err
	}
	for _, r := range h.GetRevisions() {
		if r.GetRevision() == number {
			return r, nil
		}
	}
	newest, err := client.History(ctx, &configpb.HistoryRequest{Limit: 1})
	switch {
	case err != nil:
		return nil, err
	case len(newest.GetRevisions()) == 0:
		return nil, fmt.Errorf("there is no revision %d: nothing was published yet", number)
	case newest.GetRevisions()[0].GetRevision() < number:
		return nil, fmt.Errorf("there is no revision %d: the newest is %d", number,
			newest.GetRevisions()[0].GetRevision())
	}
	return nil, fmt.Errorf("config-sync does not have revision %d any more; gateway fleet history "+
		"lists those that it has", number)
}

// progress prints what is new.
func (a *app) progress(f *syncFlags, last *string, text string, e fleetEvent) {
	if text == *last {
		return
	}
	*last = text
	if f.json {
		a.event(e)
		return
	}
	a.out.Printf("%s  %s\n", time.Now().Format("15:04:05"), text)
}

func stateText(s configpb.RolloutState) string {
	return strings.ToLower(strings.TrimPrefix(s.String(), "ROLLOUT_STATE_"))
}

// rolloutText says in a line where a rollout is.
func rolloutText(run *configpb.RolloutStatus) string {
	text := fmt.Sprintf("step %d of %d: %d of %d nodes run it", run.GetStep(), run.GetSteps(),
		run.GetApplied(), run.GetReached())
	switch run.GetState() {
	case configpb.RolloutState_ROLLOUT_STATE_BAKING:
		text += ", looked at"
		if until := run.GetBakeUntil(); until != nil {
			text += " until " + until.AsTime().Local().Format("15:04:05")
		}
	case configpb.RolloutState_ROLLOUT_STATE_REVERTING:
		text = "being taken back"
	}
	if run.GetPaused() {
		text += ", paused"
	}
	if run.GetReason() != "" {
		text += ": " + run.GetReason()
	}
	return text
}
