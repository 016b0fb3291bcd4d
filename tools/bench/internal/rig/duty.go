package rig

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Log says whether a proxy writes an access log, and how.
type Log uint8

// The ways of logging. Each line goes to a file beside the configuration.
const (
	NoLog    Log = iota
	Default      // as the proxy does it by itself
	Buffered     // nginx with a buffer; the others know no difference
)

// Duty is what a proxy has to do.
type Duty struct {
	Name string // of its files; empty for the usual one
	// As names the proxy in the report, where one is measured with several duties; empty: its own
	// name.
	As  string
	Log Log
	// Traces is where a hundredth of the requests is told to, as OTLP over HTTP; empty: nowhere.
	Traces string
	TLS    bool // on the client's side, with HTTP/2 and HTTP/1.1
	GRPC   bool // HTTP/2 in clear text on both sides
	Gzip   bool // responses are compressed, at level 1
	// Policy is of the route that is measured, of the edge alone; nil: none.
	Policy *Policy
	// Sockets is how many WebSockets there have to be room for.
	Sockets  int
	routes   []route
	clusters int // of the edge; all lead to the one upstream
}

// A route is what every proxy routes by. Routes of one host follow each other.
type route struct{ name, host, prefix string }

// Host is the virtual host that is asked for.
const Host = "api.bench.test"

var fewRoutes = []route{
	{"api-files", Host, "/files"},
	{"api-users", Host, "/users"},
	{"www-files", "www.bench.test", "/files"},
	{"www-shop", "www.bench.test", "/shop"},
}

// Few is four routes and no access log; the first route is measured.
func Few() Duty { return Duty{routes: fewRoutes, clusters: 1} }

// Unobserved is the duty of Few with files of its own.
func Unobserved(name string) Duty {
	d := Few()
	d.Name = name
	return d
}

// Observed is the duty of Few with an access log, under the name given. traces is as in Duty.
func Observed(as, traces string) Duty {
	d := Few()
	d.Name, d.As, d.Log, d.Traces = as, as, Default, traces
	return d
}

// Coded is the duty of Few with compressed responses.
func Coded() Duty {
	d := Few()
	d.Name, d.Gzip = "gzip", true
	return d
}

// prefixesPerHost is how many routes of a host there are where there are many.
const prefixesPerHost = 10

// Many is n routes: the few and then ten a host.
func Many(n, clusters int, log Log) Duty {
	d := Duty{
		Name: fmt.Sprintf("%d-routes", n), Log: log, routes: slices.Clone(fewRoutes),
		clusters: clusters,
	}
	for i := range n - len(fewRoutes) {
		d.routes = append(d.routes, route{
			name:   fmt.Sprintf("svc-%d-res-%d", i/prefixesPerHost, i%prefixesPerHost),
			host:   fmt.Sprintf("svc-%d.bench.test", i/prefixesPerHost),
			prefix: fmt.Sprintf("%s/res-%d", manyPath, i%prefixesPerHost),
		})
	}
	return d
}

// manyPath is where the upstream answers the smallest body whatever follows.
const manyPath = "/r"

// Routes is how many there are.
func (d Duty) Routes() int { return len(d.routes) }

// Requests returns one request for each of the many routes, in an order that jumps about, as lines
// of a host and a path.
func (d Duty) Requests() string {
	var lines []string
	for _, r := range d.routes[len(fewRoutes):] {
		lines = append(lines, fmt.Sprintf("%s %s/42\n", r.host, r.prefix))
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(lines), func(i, j int) {
		lines[i], lines[j] = lines[j], lines[i]
	})
	return strings.Join(lines, "")
}

// file names a file of this duty.
func (d Duty) file(name string) string {
	if d.Name == "" {
		return name
	}
	return d.Name + "-" + name
}
