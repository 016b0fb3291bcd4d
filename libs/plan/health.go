package plan

import "github.com/gatewayhomebrew/gateway/libs/health"

// Judged asks a registry for the verdicts on the cluster's endpoints, which go on from
// plan to plan. All callers that ask for one cluster get the same endpoints.
func (c *Cluster) Judged(r *health.Registry) *health.Cluster {
	var s health.Settings
	if c.Health != nil {
		if p := c.Health.Passive; p != nil {
			s.Window, s.MinRequests, s.Floor = p.Window, p.MinRequests, float64(p.Floor)
		}
		if a := c.Health.Active; a != nil {
			s.ActiveInterval = a.Interval
		}
	}
	s.SlowStart = c.Balance.SlowStart
	eps := make([]health.Configured, len(c.Endpoints))
	for i, e := range c.Endpoints {
		eps[i] = health.Configured{
			Address: e.Address, Weight: e.Weight, Shown: e.Shown(), Backup: e.Backup,
		}
	}
	return r.Cluster(c.Name, s, eps)
}
