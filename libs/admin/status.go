package admin

import "time"

// State is where a service is in its life.
type State string

// The states.
const (
	Starting State = "starting" // no plan is live yet
	Ready    State = "ready"
	Draining State = "draining"
)

// Snapshot is what a service says of itself at one moment.
type Snapshot struct {
	State      State
	Reason     string // for a state other than Ready, "" when there is nothing to say
	Digest     string // of the document in force
	Source     string // where the configuration came from
	Listeners  []Listener
	Clusters   []Cluster
	AccessLog  AccessLog
	Tracing    *Tracing    // nil: no request leaves a trace
	ConfigSync *ConfigSync // nil: the node follows none
	// FleetLimits is how the node shares limits with its fleet; nil: it is alone.
	FleetLimits *FleetLimits
	Reloads     []Receipt // newest first; [History.List]
	LastError   *Receipt  // [History.LastError]
	Process     *Process  // nil: the service can't be upgraded
}

// Status is the body of /status.
type Status struct {
	Version   string     `json:"version"`
	Started   time.Time  `json:"started"`
	Uptime    float64    `json:"uptime_seconds"`
	State     State      `json:"state"`
	Reason    string     `json:"reason"`
	Digest    string     `json:"digest"`
	Source    string     `json:"source"`
	Listeners []Listener `json:"listeners"`
	Clusters  []Cluster  `json:"clusters"`
	AccessLog AccessLog  `json:"access_log"`
	Tracing   *Tracing   `json:"tracing,omitempty"` // nil: no request leaves a trace
	// nil: the configuration is a file of the node's own
	ConfigSync *ConfigSync `json:"config_sync"`
	// FleetLimits is nil, and left out, for a node that is alone.
	FleetLimits *FleetLimits `json:"fleet_limits,omitempty"`
	Reloads     []Receipt    `json:"reloads"`
	LastError   *Receipt     `json:"last_error"` // nil: the last change was not refused
	// nil: the service can't be upgraded
	Process *Process `json:"process,omitempty"`
}

// FleetLimits is how a node shares limits with its fleet.
type FleetLimits struct {
	Limits      int          `json:"limits"` // that the node has shares of, or waits for
	Voters      int          `json:"voters"`
	VotersFound int          `json:"voters_found"`
	Leader      string       `json:"leader"` // that gives this node its shares, "" if none does
	Leads       bool         `json:"leads"`  // this node gives out the shares
	Problem     string       `json:"problem"`
	Shares      []LimitShare `json:"shares"`
}

// LimitShare is what a node has of one limit.
type LimitShare struct {
	Route string  `json:"route"`
	Limit string  `json:"limit"` // which of the route's, from 1 on
	Share float64 `json:"share"` // of 1
}

// ConfigSync is how following config-sync goes.
type ConfigSync struct {
	Connected bool `json:"connected"`
	// that it is, or was last, connected to, or has tried last
	Server   string    `json:"server"`
	Since    time.Time `json:"since"` // connected, or not
	Revision uint64    `json:"revision"`
	// of what was published and is in force; "": the node's own file is
	SnapshotDigest  string `json:"snapshot_digest"`
	HighestRevision uint64 `json:"highest_revision"`
	// config-sync has not said yet whether that is right
	FromCache       bool   `json:"from_cache"`
	LastError       string `json:"last_error"` // why there is no connection
	RefusedRevision uint64 `json:"refused_revision"`
	// why the node does not run what it was given last
	Refusal string `json:"refusal"`
	// why the last good configuration could not be kept
	CacheError string `json:"cache_error"`
}

// Listener is one listener.
type Listener struct {
	Name              string `json:"name"`
	Address           string `json:"address"`            // the real one, also for port 0
	ConfiguredAddress string `json:"configured_address"` // as in the document
	Protocol          string `json:"protocol"`
	ActiveConnections int64  `json:"active_connections"`
	// Certificates are those it may show, the default first; empty on plain text.
	Certificates []Certificate `json:"certificates"`
}

// Certificate is one certificate of a Listener.
type Certificate struct {
	File     string    `json:"file"`
	Names    []string  `json:"names"`
	NotAfter time.Time `json:"not_after"`
}

// Cluster is one cluster.
type Cluster struct {
	Name           string     `json:"name"`
	Connections    int64      `json:"connections"`     // to all its endpoints, idle ones included
	MaxConnections int64      `json:"max_connections"` // the limit on them; 0: none
	Pending        int64      `json:"pending"`         // requests that wait for a connection
	Balance        string     `json:"balance"`         // how it shares, in a few words
	Endpoints      []Endpoint `json:"endpoints"`
}

// Endpoint is one endpoint of a Cluster.
type Endpoint struct {
	Address         string  `json:"address"`
	Weight          int     `json:"weight"`           // as configured
	EffectiveWeight float64 `json:"effective_weight"` // in force
	Reason          string  `json:"reason"`           // why the two differ, or that they don't
	// Backup says that it serves only while no other endpoint can.
	Backup bool `json:"backup,omitempty"`
	// SlowStart is the share of its weight that a slow start leaves it, absent if there is none.
	SlowStart         float64 `json:"slow_start,omitempty"`
	ActiveConnections int64   `json:"active_connections"`
	IdleConnections   int64   `json:"idle_connections"`
	// LastFailure is absent when the last connection could be made, and nothing went wrong on one
	// in the last ten minutes.
	LastFailure *EndpointFailure `json:"last_failure,omitempty"`
}

// EndpointFailure is why a connection to an endpoint could not be made, its TLS included, or what
// went wrong on one.
type EndpointFailure struct {
	Reason string    `json:"reason"`
	Kind   string    `json:"kind,omitempty"` // as cause_kind of Explanation
	Time   time.Time `json:"time"`
}

// AccessLog is how the log of requests fares.
type AccessLog struct {
	Output  string `json:"output"`  // as in the document
	Dropped uint64 `json:"dropped"` // lines for which there was no room
}

// Tracing is how the sending of traces fares. Spans are counted since the start of the process.
type Tracing struct {
	Endpoint string `json:"endpoint"` // of the collector, as in the document
	Waiting  int    `json:"waiting"`  // spans that are not sent yet
	Exported uint64 `json:"exported"`
	Dropped  uint64 `json:"dropped"`           // there was no room
	Failed   uint64 `json:"failed"`            // they did not get to the collector
	Rejected uint64 `json:"rejected"`          // the collector did not want them
	Failure  string `json:"failure,omitempty"` // why the last batch was lost; "": it was not
}

// StateAnswer is the body of what only tells a state: /healthz, with the status "ok", /readyz and
// /drain.
type StateAnswer struct {
	Status State  `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// alive is the status of /healthz.
const alive State = "ok"

// MarshalJSON writes no list as null, and no more digits than anybody reads.
func (s Status) MarshalJSON() ([]byte, error) {
	type plain Status
	p := plain(s)
	p.Started, p.Uptime = moment(p.Started), round(p.Uptime)
	p.Listeners, p.Clusters, p.Reloads = list(p.Listeners), list(p.Clusters), list(p.Reloads)
	return encode(p)
}

// MarshalJSON writes no list as null.
func (l Listener) MarshalJSON() ([]byte, error) {
	type plain Listener
	p := plain(l)
	p.Certificates = list(p.Certificates)
	for i := range p.Certificates {
		p.Certificates[i].Names = list(p.Certificates[i].Names)
	}
	return encode(p)
}

// MarshalJSON writes no list as null.
func (c Cluster) MarshalJSON() ([]byte, error) {
	type plain Cluster
	p := plain(c)
	p.Endpoints = list(p.Endpoints)
	return encode(p)
}
