package catalogue

// A Metric is one that services expose.
type Metric struct {
	Name string
	Type string // counter, gauge or histogram
	// Labels are its labels, sorted, without le.
	Labels []string
	Help   string
	// Services are those that have it. What an edge or a relay has, `gateway run` has too.
	Services []string
	// Query is one in PromQL that makes use of it.
	Query string
}

// A Group is metrics that tell of one thing.
type Group struct {
	Title   string
	Metrics []Metric
}

// The services that have the same metrics.
var (
	edge       = []string{"edge"}
	relay      = []string{"relay"}
	configsync = []string{"configsync"}
	healthagg  = []string{"healthagg"}
	planes     = []string{"edge", "relay"}
	nodes      = []string{"edge", "relay", "healthagg"}
	all        = []string{"edge", "relay", "configsync", "healthagg"}
)

// Groups are all metrics, in the order of the page.
func Groups() []Group {
	return []Group{requests, clients, endpoints, policies, process, fleet}
}

// All are the metrics of all groups.
func All() (out []Metric) {
	for _, g := range Groups() {
		out = append(out, g.Metrics...)
	}
	return out
}
