package configserver

import (
	"errors"
	"fmt"
	"math"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/rollout"
)

// newSpec reads what a publisher wants of a rollout, and puts defaults where nothing is said.
func newSpec(r *configpb.Rollout, bake time.Duration) (rollout.Spec, error) {
	spec := rollout.Spec{Gates: newGates(r.GetGates())}
	for i, s := range r.GetSteps() {
		step := rollout.Step{
			Count: int(s.GetCount()), Percent: int(s.GetPercent()), Labels: s.GetLabels(),
			Bake: bake,
		}
		if s.GetReach() == nil {
			return spec,
				fmt.Errorf("step %d: either a count of nodes from 1, or a percentage from 1 to 100",
					i+1)
		}
		if s.Bake != nil {
			if err := s.Bake.CheckValid(); err != nil {
				return spec, fmt.Errorf("step %d: the bake time: %w", i+1, err)
			}
			step.Bake = s.Bake.AsDuration()
		}
		spec.Steps = append(spec.Steps, step)
	}
	if len(spec.Steps) == 0 {
		spec.Steps = rollout.DefaultSteps(bake)
	}
	if last := spec.Steps[len(spec.Steps)-1]; last.Percent != 100 || len(last.Labels) > 0 {
		spec.Steps = append(spec.Steps, rollout.Step{Percent: 100, Bake: bake})
	}
	if d := r.GetGates().GetAnswerTimeout(); d != nil && d.CheckValid() != nil {
		return spec, errors.New("gates: the time to answer is not a duration")
	}
	return spec, spec.Check()
}

func newGates(g *configpb.Gates) rollout.Gates {
	out := rollout.DefaultGates()
	if g == nil {
		return out
	}
	set(&out.Errors, g.Max_5XxIncrease)
	set(&out.P99, g.MaxP99Increase)
	set(&out.Connects, g.MaxConnectFailuresIncrease)
	for _, n := range []struct {
		to   *int
		from *int32
	}{{&out.Nacks, g.MaxNacks}, {&out.Restarts, g.MaxRestarts}, {&out.Lost, g.MaxLost}} {
		if n.from != nil {
			*n.to = int(*n.from)
		}
	}
	if g.MinRequests != nil {
		out.MinRequests = uint64(*g.MinRequests)
	}
	if g.AnswerTimeout != nil {
		out.Answer = g.AnswerTimeout.AsDuration()
	}
	return out
}

func set(to, from *float64) {
	if from != nil {
		*to = *from
	}
}

func rolloutOf(s rollout.Spec) *configpb.Rollout {
	nacks, restarts, lost := int32(s.Gates.Nacks), int32(s.Gates.Restarts), int32(s.Gates.Lost)
	least := uint32(min(s.Gates.MinRequests, math.MaxUint32))
	out := &configpb.Rollout{Gates: &configpb.Gates{
		Max_5XxIncrease: &s.Gates.Errors, MaxP99Increase: &s.Gates.P99,
		MaxConnectFailuresIncrease: &s.Gates.Connects,
		MaxNacks:                   &nacks, MaxRestarts: &restarts, MaxLost: &lost,
		MinRequests:   &least,
		AnswerTimeout: durationpb.New(s.Gates.Answer),
	}}
	for _, step := range s.Steps {
		p := &configpb.Step{Labels: step.Labels, Bake: durationpb.New(step.Bake)}
		if step.Percent > 0 {
			p.Reach = &configpb.Step_Percent{Percent: uint32(step.Percent)}
		} else {
			p.Reach = &configpb.Step_Count{Count: uint32(step.Count)}
		}
		out.Steps = append(out.Steps, p)
	}
	return out
}

func revisionOf(r *rollout.Revision) *configpb.Revision {
	if r == nil {
		return nil
	}
	return &configpb.Revision{
		Revision: r.Number, Digest: r.Digest, Time: stamp(r.Time), Author: r.By, Message: r.Message,
		ReturnsFrom: r.From,
		Outcome:     string(r.Outcome), Reason: r.Reason, Ended: stamp(r.Ended),
		Rollout: rolloutOf(r.Spec), Signed: len(r.Signature) > 0,
		SignedNumber: r.Signed,
	}
}

func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func progressOf(m *rollout.Machine) *configpb.RolloutStatus {
	p := m.Progress()
	if p.Run == nil {
		return nil
	}
	out := &configpb.RolloutStatus{
		Revision: revisionOf(m.State().Find(p.Run.Revision)), Paused: p.Run.Paused,
		Step: uint32(p.Run.Step), Steps: uint32(p.Steps),
		Reached: uint32(p.Reached), Applied: uint32(p.Applied), StepSince: stamp(p.Run.StepSince),
		BakeUntil: stamp(p.BakeUntil), Reason: p.Reason,
	}
	running := m.State().Run != nil
	switch {
	case p.Run.Returning > 0 && running:
		out.State = configpb.RolloutState_ROLLOUT_STATE_REVERTING
		out.Reason = p.Run.Reason + waiting(m)
	case p.Run.Returning > 0:
		out.State = configpb.RolloutState_ROLLOUT_STATE_UNDONE
	case !running:
		out.State = configpb.RolloutState_ROLLOUT_STATE_DONE
	case !p.Baking.IsZero():
		out.State = configpb.RolloutState_ROLLOUT_STATE_BAKING
	default:
		out.State = configpb.RolloutState_ROLLOUT_STATE_APPLYING
	}
	if p.Run.Returning > 0 {
		out.TakenBackBy = p.Run.By
		if p.Run.By == "" {
			out.TakenBackBy = "config-sync"
		}
	}
	for _, c := range p.Comparisons {
		out.Comparisons = append(out.Comparisons, &configpb.Comparison{
			Gate: c.Gate, New: c.New, Old: c.Old, Before: c.Before, Limit: c.Limit,
			Judged: c.Judged, Breached: c.Breached, OldUsed: c.OldUsed, BeforeUsed: c.BeforeUsed,
		})
	}
	for _, e := range m.Events() {
		out.Events = append(out.Events, &configpb.RolloutEvent{
			Time: stamp(e.Time), Node: e.Node, Text: e.Text,
		})
	}
	return out
}

func waiting(m *rollout.Machine) string {
	if w := m.Waits(); w != "" {
		return " (" + w + ")"
	}
	return ""
}

// traffic reads a heartbeat. bounds are those that the node has named.
func traffic(h *configpb.Heartbeat, bounds []float64) rollout.Traffic {
	t := rollout.Traffic{
		Requests: h.GetRequests(), Errors: h.GetResponses_5Xx(), Connects: h.GetConnectFailures(),
		Window: h.GetWindow().AsDuration(), Uptime: h.GetUptime().AsDuration(),
	}
	for i, n := range h.GetLatency() {
		if n == 0 {
			continue
		}
		b := rollout.Bucket{Bound: math.Inf(1), Count: n}
		if i < len(bounds) {
			b.Bound = bounds[i]
		}
		t.Latency = append(t.Latency, b)
	}
	return t
}

// Bounds of what a node may say.
const (
	maxBuckets = 64
	maxLabels  = 64
	maxText    = 4096      // bytes of a reason, a name, or another text
	maxCount   = 1 << 40   // requests between two heartbeats
	maxHas     = 16        // digests
	maxBound   = 86400 * 7 // seconds
)

func checkHello(h *configpb.Hello) error {
	switch {
	case len(h.GetLatencyBounds()) > maxBuckets:
		return fmt.Errorf("at most %d latency_bounds", maxBuckets)
	case len(h.GetLabels()) > maxLabels:
		return fmt.Errorf("at most %d labels", maxLabels)
	case len(h.GetHas()) > maxHas:
		return fmt.Errorf("at most %d digests in has", maxHas)
	case h.GetBootId() == "":
		return errors.New("boot_id is missing")
	}
	for _, text := range []string{h.GetService(), h.GetVersion(), h.GetBootId(), h.GetDigest()} {
		if len(text) > 128 {
			return errors.New("service, version, boot_id and digest have at most 128 bytes")
		}
	}
	for k, v := range h.GetLabels() {
		if len(k) > 128 || len(v) > 256 {
			return errors.New("a label's name has at most 128 bytes, and its value 256")
		}
	}
	last := 0.0
	for _, b := range h.GetLatencyBounds() {
		if !(b > last) || b > maxBound {
			return errors.New("latency_bounds grow, from above 0")
		}
		last = b
	}
	return nil
}

func checkHeartbeat(h *configpb.Heartbeat, bounds int) error {
	if len(h.GetLatency()) > bounds+1 {
		return fmt.Errorf("latency has %d buckets, and hello has named %d bounds",
			len(h.GetLatency()), bounds)
	}
	if len(h.GetDigest()) > 128 {
		return errors.New("that is no digest")
	}
	for _, n := range append([]uint64{
		h.GetRequests(), h.GetResponses_5Xx(), h.GetConnectFailures(),
	}, h.GetLatency()...) {
		if n > maxCount {
			return errors.New("a counter is above what can be since the last heartbeat")
		}
	}
	return nil
}

func shorten(s string) string {
	if len(s) <= maxText {
		return s
	}
	return s[:maxText] + "…"
}

// reasonOf is what a refusal says, in a sentence.
func reasonOf(r *configpb.Report) string {
	reason := r.GetReason()
	for i, p := range r.GetProblems() {
		if i == 3 {
			reason += fmt.Sprintf("; and %d more", len(r.GetProblems())-i)
			break
		}
		if reason != "" {
			reason += "; "
		}
		reason += fmt.Sprintf("%s:%d: %s: %s: %s", p.GetFile(), p.GetLine(), p.GetPath(),
			p.GetCode(), p.GetMessage())
	}
	return shorten(reason)
}
