package aggregator

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/gatewayhomebrew/gateway/libs/healthpb"
)

func seconds(f float64) *durationpb.Duration {
	return durationpb.New(time.Duration(f * float64(time.Second)))
}

func fleetMessage(f Fleet) *healthpb.Fleet {
	out := &healthpb.Fleet{Aggregator: f.Aggregator, Time: timestamppb.New(f.Time)}
	for _, n := range f.Nodes {
		m := &healthpb.Node{
			Name: n.Name, Role: n.Role, Address: n.Address, Version: n.Version, Digest: n.Digest,
			SnapshotDigest: n.SnapshotDigest, SharedDigest: n.SharedDigest,
			Since: timestamppb.New(n.Since), Suspect: n.Suspect,
		}
		if n.ContactAge != nil {
			m.ContactAge = seconds(*n.ContactAge)
		}
		if n.RoundTrip != nil {
			m.RoundTrip = seconds(*n.RoundTrip / 1000)
		}
		out.Nodes = append(out.Nodes, m)
	}
	for _, e := range f.Endpoints {
		m := &healthpb.Endpoint{
			Cluster: e.Cluster, Address: e.Address, State: e.State, Share: e.Share,
			Watchers: uint32(e.Watchers), Reason: e.Reason,
		}
		for _, r := range e.Reports {
			m.Reports = append(m.Reports, &healthpb.Report{
				Node: r.Node, Loss: r.Loss, Requests: r.Requests, Failed: r.Failed,
				Reason: r.Reason, Age: seconds(r.Age), Suspect: r.Suspect,
			})
		}
		out.Endpoints = append(out.Endpoints, m)
	}
	for _, c := range f.Clusters {
		out.Clusters = append(out.Clusters, &healthpb.Cluster{
			Name: c.Name, Watchers: uint32(c.Watchers), Endpoints: uint32(c.Endpoints),
		})
	}
	return out
}

func timelineMessage(t Timeline) *healthpb.Timeline {
	out := &healthpb.Timeline{More: t.More}
	for _, e := range t.Events {
		out.Events = append(out.Events, &healthpb.Event{
			Id: e.ID, Time: timestamppb.New(e.Time), Cluster: e.Cluster, Endpoint: e.Endpoint,
			Node: e.Node, Observed: timestamppb.New(e.Observed),
			State: e.State, Share: e.Share, Reason: e.Reason,
		})
	}
	return out
}

func flappingMessage(f Flapping) *healthpb.Flapping {
	out := &healthpb.Flapping{}
	for _, e := range f.Endpoints {
		out.Endpoints = append(out.Endpoints, &healthpb.Flap{
			Cluster: e.Cluster, Endpoint: e.Endpoint, Changes: uint32(e.Changes), Node: e.Node,
			Nodes: uint32(e.Nodes),
			First: timestamppb.New(e.First), Last: timestamppb.New(e.Last), State: e.State,
		})
	}
	return out
}
