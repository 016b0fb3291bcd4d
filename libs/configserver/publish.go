package configserver

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/configstore"
	"github.com/gatewayhomebrew/gateway/libs/rollout"
)

// Publish checks a configuration, stores it, and starts its rollout or lets it wait.
func (s *Server) Publish(
	ctx context.Context, in *configpb.PublishRequest,
) (*configpb.PublishResponse, error) {
	by, err := s.operator(ctx, in.GetAuthor())
	if err != nil {
		return nil, err
	}
	spec, err := newSpec(in.GetRollout(), s.options.Bake)
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "the rollout: %v", err)
	}
	if len(in.GetMessage()) > maxText {
		return nil,
			status.Errorf(codes.InvalidArgument, "the message has at most %d bytes", maxText)
	}
	out := &configpb.PublishResponse{Digest: configstore.Digest(in.GetConfig())}
	signed := signature{in.GetSignature(), in.GetSignedNumber(), in.GetSignedFloor()}
	if err := s.checkSignature(out.Digest, signed); err != nil {
		return nil, err
	}
	problems, ok, err := s.checks.check(ctx, in.GetFileName(), in.GetConfig())
	if err != nil {
		return nil, err
	}
	out.Problems = problems
	if !ok {
		s.count(func(c *counts) { c.refused++ })
	}
	if !ok || in.GetDryRun() {
		return out, nil
	}
	if _, err := s.store.Put(ctx, in.GetConfig()); err != nil {
		return nil, s.failed(err)
	}
	r := rollout.Record{
		Digest: out.Digest, By: by, Message: in.GetMessage(), Spec: &spec,
		Signature: signed.bytes, Number: signed.number, Floor: signed.floor,
		Replace: in.GetIfBusy() == configpb.IfBusy_IF_BUSY_REPLACE,
	}
	r, published, err := s.append(ctx, func(m *rollout.Machine) (rollout.Record, bool, error) {
		newest := m.State().Newest()
		digest := ""
		if newest != nil {
			digest = newest.Digest
		}
		if want := in.GetExpectedDigest(); want != "" && want != digest {
			return r, false,
				status.Errorf(codes.Aborted,
					"somebody else has published: the newest digest is %q, not %q", digest, want)
		}
		if newest != nil && digest == out.Digest {
			out.Revision, out.Unchanged = newest.Number, true
			return r, false, nil
		}
		if err := admits(m.State(), in.GetIfBusy()); err != nil {
			return r, false, err
		}
		if err := signed.fits(m); err != nil {
			return r, false, err
		}
		out.WaitsFor = waitsFor(m.State(), r.Replace)
		return m.Publish(s.now(), r), true, nil
	})
	if err != nil {
		return nil, s.failed(err)
	}
	if published {
		out.Revision = r.Revision
		s.count(func(c *counts) { c.published++ })
	}
	return out, nil
}

func waitsFor(s *rollout.State, replace bool) (n uint32) {
	if s.Run != nil {
		n = 1
	}
	if !replace {
		n += uint32(len(s.Waiting))
	}
	return n
}

// admits says whether something may be published now.
func admits(s *rollout.State, busy configpb.IfBusy) error {
	idle := s.Run == nil && len(s.Waiting) == 0
	switch {
	case idle, busy == configpb.IfBusy_IF_BUSY_REPLACE:
		return nil
	case busy != configpb.IfBusy_IF_BUSY_WAIT:
		what := "revision %d is being rolled out"
		number := uint64(0)
		if s.Run != nil {
			number = s.Run.Revision
		} else {
			number = s.Waiting[0]
		}
		return status.Errorf(codes.Aborted, what+"; wait for it, or replace it (--if-busy)", number)
	case len(s.Waiting) >= rollout.MaxWaiting:
		return status.Errorf(codes.ResourceExhausted, "%d revisions wait already", len(s.Waiting))
	}
	return nil
}

// failed turns an error of the store into one of gRPC's, and leaves others as they are.
func (s *Server) failed(err error) error {
	if _, ok := status.FromError(err); ok {
		return err
	}
	switch {
	case errors.Is(err, configstore.ErrFull):
		return status.Error(codes.ResourceExhausted, err.Error())
	case errors.Is(err, configstore.ErrNotFound):
		return status.Error(codes.NotFound, err.Error())
	case errors.Is(err, configstore.ErrDamaged), errors.Is(err, errJournal):
		return status.Error(codes.DataLoss, err.Error())
	case errors.Is(err, rollout.ErrNotRunning), errors.Is(err, rollout.ErrState):
		return status.Error(codes.FailedPrecondition, err.Error())
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.Unavailable, "the store does not answer: "+err.Error())
	}
	return status.Error(codes.Unavailable, err.Error())
}

func (s *Server) count(f func(*counts)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.counts)
}

// Control steers the rollout that runs.
func (s *Server) Control(
	ctx context.Context, in *configpb.ControlRequest,
) (*configpb.ControlResponse, error) {
	by, err := s.operator(ctx, in.GetAuthor())
	if err != nil {
		return nil, err
	}
	actions := map[configpb.ControlAction]rollout.Action{
		configpb.ControlAction_CONTROL_ACTION_PAUSE:  rollout.Pause,
		configpb.ControlAction_CONTROL_ACTION_RESUME: rollout.Resume,
		configpb.ControlAction_CONTROL_ACTION_ABORT:  rollout.Abort,
		configpb.ControlAction_CONTROL_ACTION_FORCE:  rollout.Force,
	}
	action, ok := actions[in.GetAction()]
	if !ok {
		return nil,
			status.Error(codes.InvalidArgument, "the action is pause, resume, abort or force")
	}
	if _, _, err := s.append(ctx, func(m *rollout.Machine) (rollout.Record, bool, error) {
		r, err := m.Control(s.now(), action, in.GetRevision(), by, shorten(in.GetReason()))
		return r, err == nil, err
	}); err != nil {
		return nil, s.failed(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &configpb.ControlResponse{Rollout: progressOf(s.machine)}, nil
}
