package aggregator

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/healthpb"
	"github.com/gatewayhomebrew/gateway/libs/timeline"
)

// service is healthagg.v1.
type service struct {
	healthpb.UnimplementedHealthServer
	a    *Aggregator
	stop <-chan struct{} // closed when the process is about to end
}

func (s *service) GetFleet(context.Context, *healthpb.GetFleetRequest) (*healthpb.Fleet, error) {
	return fleetMessage(s.a.Fleet()), nil
}

func (s *service) Watch(_ *healthpb.GetFleetRequest, w healthpb.Health_WatchServer) error {
	var failed error
	ok := s.a.watch(w.Context(), s.stop, func(v *view) error {
		failed = w.Send(v.message())
		return failed
	})
	switch {
	case !ok:
		return status.Errorf(codes.ResourceExhausted, "%d clients watch already", maxWatchers)
	case failed != nil:
		return failed
	case w.Context().Err() != nil:
		return status.FromContextError(w.Context().Err()).Err()
	}
	return status.Error(codes.Unavailable, "the aggregator is stopping")
}

func (s *service) GetTimeline(
	_ context.Context, in *healthpb.GetTimelineRequest,
) (*healthpb.Timeline, error) {
	if in.GetLimit() > timeline.MaxLimit {
		return nil,
			status.Errorf(codes.InvalidArgument, "limit is %d, and %d is the most", in.GetLimit(),
				timeline.MaxLimit)
	}
	q := timeline.Query{
		Cluster: in.GetCluster(), Endpoint: in.GetEndpoint(), Observer: in.GetNode(),
		Before: in.GetBefore(), Limit: int(in.GetLimit()),
	}
	if in.Since != nil {
		q.Since = in.GetSince().AsTime()
	}
	if in.Until != nil {
		q.Until = in.GetUntil().AsTime()
	}
	page, err := s.a.timeline(q)
	if err != nil {
		return nil, s.failed(err)
	}
	return timelineMessage(page), nil
}

func (s *service) GetFlapping(
	_ context.Context, in *healthpb.GetFlappingRequest,
) (*healthpb.Flapping, error) {
	within, changes := flapWithin, flapChanges
	if d := in.GetWithin(); d != nil {
		if within = d.AsDuration(); within <= 0 || within > 100*365*24*time.Hour {
			return nil, status.Error(codes.InvalidArgument, "within is above 0")
		}
	}
	if n := in.GetChanges(); n > 0 {
		changes = int(min(n, 10000))
	}
	out, err := s.a.flapping(within, changes)
	if err != nil {
		return nil, s.failed(err)
	}
	return flappingMessage(out), nil
}

func (s *service) failed(err error) error {
	s.a.log.WithError(err).Error("the history can't be read")
	return status.Error(codes.Internal, "the history can't be read; the log says why")
}
