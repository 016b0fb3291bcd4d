package configserver

import (
	"context"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/rollout"
)

// Rollback makes a snapshot of the history the newest again.
func (s *Server) Rollback(
	ctx context.Context, in *configpb.RollbackRequest,
) (*configpb.RollbackResponse, error) {
	by, err := s.operator(ctx, in.GetAuthor())
	if err != nil {
		return nil, err
	}
	spec := rollout.AtOnce()
	if in.GetRollout() != nil {
		if spec, err = newSpec(in.GetRollout(), s.options.Bake); err != nil {
			return nil, status.Errorf(codes.InvalidArgument, "the rollout: %v", err)
		}
	}
	signed := signature{in.GetSignature(), in.GetSignedNumber(), in.GetSignedFloor()}
	digest := ""
	r, done, err := s.append(ctx, func(m *rollout.Machine) (rollout.Record, bool, error) {
		state := m.State()
		running := state.Run != nil && state.Run.Returning == 0
		if in.GetRevision() == 0 && running {
			if good := state.Find(state.Good); good != nil {
				digest = good.Digest
			}
			if in.GetDryRun() {
				return rollout.Record{}, false, nil
			}
			r, err := m.Control(s.now(), rollout.Abort, 0, by, shorten(in.GetMessage()))
			return r, err == nil, err
		}
		target := state.Find(in.GetRevision())
		if in.GetRevision() == 0 {
			target = goodBefore(state)
		}
		if target == nil {
			return rollout.Record{}, false,
				status.Error(codes.NotFound, "there is no such revision to return to")
		}
		digest = target.Digest
		if in.GetDryRun() {
			return rollout.Record{}, false, nil
		}
		again, err := s.signedAgain(m, target, signed)
		if err != nil {
			return rollout.Record{}, false, err
		}
		from := state.Good
		if running {
			from = state.Run.Revision
		}
		message := in.GetMessage()
		if message == "" {
			message = fmt.Sprintf("return to revision %d", target.Number)
		}
		return m.Publish(s.now(), rollout.Record{
			Digest: target.Digest, By: by, Message: shorten(message),
			Signature: again.bytes, Number: again.number, Floor: again.floor,
			Spec: &spec, From: from, Replace: true,
		}), true, nil
	})
	if err != nil {
		return nil, s.failed(err)
	}
	if !done {
		return &configpb.RollbackResponse{Digest: digest}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	number := r.Revision
	if r.Kind == rollout.Returned {
		number = r.Return
	}
	return &configpb.RollbackResponse{
		Revision: number, Digest: s.machine.State().Find(number).Digest,
	}, nil
}

// goodBefore is the last revision that was good and had another digest than the one that is.
func goodBefore(s *rollout.State) *rollout.Revision {
	now := s.Find(s.Good)
	if now == nil {
		return nil
	}
	for i := len(s.History) - 1; i >= 0; i-- {
		r := &s.History[i]
		if r.Number < now.Number && r.Outcome == rollout.Good && r.Digest != now.Digest {
			return r
		}
	}
	return nil
}
