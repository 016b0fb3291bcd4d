package upstream

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/health"
)

// A ClusterState is what a cluster does at one moment.
type ClusterState struct {
	Name                          string
	Balance                       string // how it shares, in a few words
	Open, MaxConnections, Waiting int
	Endpoints                     []EndpointState
}

// An EndpointState is what an endpoint does at one moment.
type EndpointState struct {
	Address    string
	Weight     int     // as configured
	Effective  float64 // in force
	Reason     string  // why
	Backup     bool    // it serves only while no other endpoint can
	SlowStart  float64 // what a slow start leaves of its weight, 0 to 1; 1: there is none
	Lent, Idle int     // connections
	// Failure is what LastFailure says, nil for nothing.
	Failure   *cause.Cause
	FailureAt time.Time
}

// State tells of a cluster. verdicts are those of its endpoints, which at gives by
// their place.
func (c *Cluster) State(
	name string, verdicts []health.Verdict, at func(i int) *Endpoint,
) ClusterState {
	s := ClusterState{
		Name: name, Open: c.Open(), MaxConnections: c.options.Load().MaxConnections,
		Waiting:   c.Waiting(),
		Endpoints: make([]EndpointState, len(verdicts)),
	}
	for i, v := range verdicts {
		e := at(i)
		idle := e.IdleConns()
		failure, when := e.LastFailure()
		s.Endpoints[i] = EndpointState{
			Address: v.Address, Weight: v.Configured, Effective: v.Effective, Reason: v.Reason,
			Backup: v.Backup, SlowStart: v.SlowStart,
			Lent: max(e.Conns()-idle, 0), Idle: idle, Failure: failure, FailureAt: when,
		}
	}
	return s
}
