package configserver

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/rollout"
)

// Status is the fleet as it is now.
func (s *Server) Status(
	ctx context.Context, in *configpb.StatusRequest,
) (*configpb.StatusResponse, error) {
	if _, err := s.operator(ctx, ""); err != nil {
		return nil, err
	}
	out, _ := s.Snapshotted(in.GetNodes())
	return out, nil
}

// followEvery is how often a follower may hear something new.
const followEvery = 250 * time.Millisecond

// Follow is Status again and again, whenever there is something new.
func (s *Server) Follow(
	in *configpb.StatusRequest, to grpc.ServerStreamingServer[configpb.StatusResponse],
) error {
	if _, err := s.operator(to.Context(), ""); err != nil {
		return err
	}
	ticker := time.NewTicker(followEvery)
	defer ticker.Stop()
	for last, first := uint64(0), true; ; first = false {
		if now := s.changes(); first || now != last {
			out, version := s.Snapshotted(in.GetNodes())
			last = version
			if err := to.Send(out); err != nil {
				return err
			}
		}
		select {
		case <-to.Context().Done():
			return nil
		case <-s.lives.Done():
			return status.Error(codes.Unavailable, "config-sync is stopping")
		case <-ticker.C:
		}
	}
}

func (s *Server) changes() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version
}

// Snapshotted is the fleet as it is now, and a number that grows when it changes.
func (s *Server) Snapshotted(nodes bool) (*configpb.StatusResponse, uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := s.machine.State()
	out := &configpb.StatusResponse{
		Good: revisionOf(state.Find(state.Good)), Rollout: progressOf(s.machine),
		Digests: map[string]uint32{},
		Server:  s.options.Name, Leader: s.leads, Version: s.options.Version,
		NextNumber: s.machine.Next(),
	}
	for _, n := range state.Waiting {
		out.Waiting = append(out.Waiting, revisionOf(state.Find(n)))
	}
	now := s.now()
	for _, n := range s.machine.Nodes() {
		if n.Connected {
			out.Connected++
			out.Digests[n.Digest]++
		}
		if nodes {
			out.Nodes = append(out.Nodes, s.nodeLocked(n, now))
		}
	}
	return out, s.version
}

func (s *Server) nodeLocked(n *rollout.Node, now time.Time) *configpb.NodeStatus {
	a := s.machine.Assignment(n.Name)
	out := &configpb.NodeStatus{
		Node: n.Name, Service: n.Service, Version: n.Version, Labels: n.Labels,
		Connected: n.Connected, Digest: n.Digest, Revision: n.Revision,
		AssignedDigest: a.Digest, AssignedRevision: a.Revision, LastHeartbeat: stamp(n.Heard),
		Since:    stamp(n.Since),
		Requests: n.LastBeat.Requests, Responses_5Xx: n.LastBeat.Errors,
		ConnectFailures: n.LastBeat.Connects, P99Seconds: n.LastBeat.Quantile(0.99),
		Server: s.owners[n.Name],
	}
	if n.Answer != (rollout.Answer{}) {
		out.LastReport = &configpb.Report{
			Revision: n.Answer.Revision, Digest: n.Answer.Digest, Applied: n.Answer.Applied,
			Reason: n.Answer.Reason,
		}
	}
	switch silent := now.Sub(n.Heard); {
	case !n.Connected:
		out.Trouble = fmt.Sprintf("gone since %s", now.Sub(n.Since).Round(time.Second))
	case silent >= s.options.Settings.LostAfter:
		out.Trouble = fmt.Sprintf("connected, and silent since %s", silent.Round(time.Second))
	case n.Revision > s.machine.State().Last:
		out.Trouble = fmt.Sprintf("it has revision %d, which is not in this history; it takes "+
			"nothing before a revision above that is published", n.Revision)
	case n.Doubtful(now):
		out.Trouble = "its numbers are not believed; the rollout's events say why"
	case a.Revision > 0 && n.Answer.Revision == a.Revision && !n.Answer.Applied:
		out.Trouble = "it has refused the revision: " + n.Answer.Reason
	}
	return out
}

// History is the revisions, the newest first.
func (s *Server) History(
	ctx context.Context, in *configpb.HistoryRequest,
) (*configpb.HistoryResponse, error) {
	if _, err := s.operator(ctx, ""); err != nil {
		return nil, err
	}
	limit := int(in.GetLimit())
	if limit == 0 {
		limit = 50
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &configpb.HistoryResponse{}
	history := s.machine.State().History
	for i := len(history) - 1; i >= 0 && len(out.Revisions) < min(limit, 1000); i-- {
		if before := in.GetBefore(); before == 0 || history[i].Number < before {
			out.Revisions = append(out.Revisions, revisionOf(&history[i]))
		}
	}
	return out, nil
}

// Snapshot is the bytes behind a digest.
func (s *Server) Snapshot(
	ctx context.Context, in *configpb.SnapshotRequest,
) (*configpb.SnapshotResponse, error) {
	if _, err := s.operator(ctx, ""); err != nil {
		return nil, err
	}
	data, err := s.store.Get(ctx, in.GetDigest())
	if err != nil {
		return nil, s.failed(err)
	}
	out := &configpb.SnapshotResponse{Config: data}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.machine.State().History {
		if r := &s.machine.State().History[i]; r.Digest == in.GetDigest() && len(r.Signature) > 0 {
			out.Signature = r.Signature
		}
	}
	return out, nil
}
