package admin

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
	State     State
	Reason    string // for a state other than Ready, "" when there is nothing to say
	Digest    string // of the configuration in force
	Source    string // where the configuration came from
	Listeners []Listener
	Clusters  []Cluster
}

// Listener is one listener in a Snapshot.
type Listener struct {
	Name              string `json:"name"`
	Address           string `json:"address"` // the real one, also for port 0
	Protocol          string `json:"protocol"`
	ActiveConnections int64  `json:"active_connections"`
}

// Cluster is one cluster in a Snapshot.
type Cluster struct {
	Name      string     `json:"name"`
	Endpoints []Endpoint `json:"endpoints"`
}

// Endpoint is one endpoint of a Cluster.
type Endpoint struct {
	Address           string `json:"address"`
	Weight            int    `json:"weight"`           // as configured
	EffectiveWeight   int    `json:"effective_weight"` // in force
	Reason            string `json:"reason"`           // why the two differ, or that they don't
	ActiveConnections int64  `json:"active_connections"`
	IdleConnections   int64  `json:"idle_connections"`
}

// status is the body of /status.
type status struct {
	Version   string     `json:"version"`
	Started   string     `json:"started"`
	Uptime    float64    `json:"uptime_seconds"`
	State     State      `json:"state"`
	Digest    string     `json:"digest"`
	Source    string     `json:"source"`
	Listeners []Listener `json:"listeners"`
	Clusters  []Cluster  `json:"clusters"`
}

// state is the body of what only tells a state.
type state struct {
	Status State  `json:"status"`
	Reason string `json:"reason,omitempty"`
}

type failure struct {
	Error struct {
		Message string `json:"message"`
	} `json:"error"`
}
