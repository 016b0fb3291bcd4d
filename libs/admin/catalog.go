package admin

import "time"

// Catalog is the body of /catalog.
type Catalog struct {
	Routes []CatalogRoute `json:"routes"`
}

// CatalogRoute is one route: what it matches, where it leads, and what the API behind it offers.
type CatalogRoute struct {
	Name       string          `json:"name"`
	Listeners  []string        `json:"listeners"` // empty: all
	Hosts      []string        `json:"hosts"`     // empty: any
	Path       string          `json:"path"`      // at most one of the three is not empty
	PathPrefix string          `json:"path_prefix"`
	PathRegex  string          `json:"path_regex"`
	Methods    []string        `json:"methods"`    // empty: any
	Conditions bool            `json:"conditions"` // whether it has some beside that (when)
	Clusters   []CatalogShare  `json:"clusters"`   // none: it answers itself; more: split
	OpenAPI    *CatalogOpenAPI `json:"openapi"`    // nil: no document describes the route
	Hits       uint64          `json:"hits"`       // since the process was started
}

// CatalogShare is one cluster's part of a route.
type CatalogShare struct {
	Cluster string `json:"cluster"`
	Weight  int    `json:"weight"`
}

// CatalogOpenAPI is the OpenAPI document of a route. Requests and Responses are off, shadow or
// enforce.
type CatalogOpenAPI struct {
	Spec       string             `json:"spec"`
	Requests   string             `json:"requests"`
	Responses  string             `json:"responses"`
	Operations []CatalogOperation `json:"operations"`
}

// CatalogOperation is one operation of an OpenAPI document.
type CatalogOperation struct {
	Method      string `json:"method"`
	Path        string `json:"path"`
	OperationID string `json:"operation_id"`
	Summary     string `json:"summary"`
}

// Explanation is the body of /why/{id}: what became of one request or session that failed, or of
// one request whose copy was answered in another way.
type Explanation struct {
	ID       string    `json:"id"`
	TraceID  string    `json:"trace_id,omitempty"` // "": it belongs to no trace
	Time     time.Time `json:"time"`               // when its first byte came
	Client   string    `json:"client"`
	Listener string    `json:"listener"`
	Protocol string    `json:"protocol"`
	Method   string    `json:"method"`
	Host     string    `json:"host"`
	Path     string    `json:"path"`      // without the query, which may hold secrets
	Route    string    `json:"route"`     // "" when none matched
	RouteWhy string    `json:"route_why"` // why this route, or why none
	Attempts []Attempt `json:"attempts"`
	Status   int       `json:"status"` // 0: the client went away before there was one
	Code     string    `json:"code"`   // GW_… when the gateway answered by itself
	Message  string    `json:"message"`
	Hint     string    `json:"hint"`
	// Cause is what the request failed for, in a sentence without a full stop, and CauseKind the
	// kind of that in a word; both are absent where nothing failed. Key is what of the
	// configuration decides, Limit what it allows, and Met what came.
	Cause     string `json:"cause,omitempty"`
	CauseKind string `json:"cause_kind,omitempty"`
	Key       string `json:"key,omitempty"`
	Limit     string `json:"limit,omitempty"`
	Met       string `json:"met,omitempty"`
	Rule      string `json:"rule,omitempty"` // of the configuration that refused the request
	// Policies are those that it has passed, StoppedBy the one that it has not.
	Policies  []string `json:"policies,omitempty"`
	StoppedBy string   `json:"stopped_by,omitempty"`
	// Endpoints are those of the cluster, with the weights that they had then; More is how many are
	// not listed.
	Endpoints     []EndpointWeight `json:"endpoints,omitempty"`
	MoreEndpoints int              `json:"more_endpoints,omitempty"`
	// Nearest are the routes that come nearest to a request that none is for.
	Nearest []NearRoute `json:"nearest,omitempty"`
	Digest  string      `json:"digest,omitempty"` // of the configuration in force then
	// Session is there for a session over TCP, which has no method, path, route, status and code.
	// Host is then the server name of TLS that it asked for.
	Session *Session `json:"session,omitempty"`
	// Node is who remembers it, where several were asked.
	Node       string  `json:"node,omitempty"`
	DurationMS float64 `json:"duration_ms"`
	// how the answers to its copies differ from its own; absent where none was found to
	Mirrors []Mirror `json:"mirrors,omitempty"`
}

// Session is what there is to say of a session over TCP beside the rest.
type Session struct {
	CloseReason string `json:"close_reason"` // as in the access log
	BytesIn     int64  `json:"bytes_in"`     // from the client
	BytesOut    int64  `json:"bytes_out"`    // to the client
}

// EndpointWeight is what an endpoint was worth when a request ended.
type EndpointWeight struct {
	Address   string  `json:"address"`
	Weight    int     `json:"weight"`           // as configured
	Effective float64 `json:"effective_weight"` // in force
	// why the two differed, or not; absent where too many requests fail to find out
	Reason string `json:"reason,omitempty"`
}

// NearRoute is a route that might have been for a request, and why it was not.
type NearRoute struct {
	Route string `json:"route"`
	Why   string `json:"why"`
}

// Mirror is the copy of a request that was answered in another way.
type Mirror struct {
	Cluster  string `json:"cluster"`
	Endpoint string `json:"endpoint"`
	ID       string `json:"id"` // what the endpoint calls the copy
	Status   int    `json:"status"`
	// how many differences there are, of which Differences are the first
	Count       int          `json:"count"`
	Differences []Difference `json:"differences"`
}

// Difference is one thing in which two answers differ.
type Difference struct {
	Part string `json:"part"` // status, header or body
	At   string `json:"at"`   // a field's name, or a JSON pointer
	// what the two have, shortened, without secrets; absent where there is nothing
	Primary *string `json:"primary,omitempty"`
	Mirror  *string `json:"mirror,omitempty"`
}

// Mirrors is the body of /mirrors: the last requests whose copies were answered in another way,
// newest first.
type Mirrors struct {
	Requests []Explanation `json:"requests"`
}

// MarshalJSON writes no list as null.
func (m Mirrors) MarshalJSON() ([]byte, error) {
	type plain Mirrors
	p := plain(m)
	p.Requests = list(p.Requests)
	return encode(p)
}

// Attempt is one try at an endpoint.
type Attempt struct {
	Endpoint string `json:"endpoint"`
	// connect, reset, "status 502", or the code of the answer; of a session connected or connect
	Outcome string `json:"outcome"`
	// why it failed, as last_failure of /status has it; absent where there is nothing to say
	Failure     string `json:"failure,omitempty"`
	FailureKind string `json:"failure_kind,omitempty"` // as cause_kind
	// from the beginning of the request to the end of this attempt
	DurationMS float64 `json:"duration_ms"`
}

// MarshalJSON writes no more digits than anybody reads.
func (a Attempt) MarshalJSON() ([]byte, error) {
	type plain Attempt
	p := plain(a)
	p.DurationMS = round(p.DurationMS)
	return encode(p)
}

// MarshalJSON writes no list as null.
func (c Catalog) MarshalJSON() ([]byte, error) {
	type plain Catalog
	p := plain(c)
	p.Routes = list(p.Routes)
	return encode(p)
}

// MarshalJSON writes no list as null.
func (r CatalogRoute) MarshalJSON() ([]byte, error) {
	type plain CatalogRoute
	p := plain(r)
	p.Hosts, p.Methods, p.Clusters = list(p.Hosts), list(p.Methods), list(p.Clusters)
	p.Listeners = list(p.Listeners)
	return encode(p)
}

// MarshalJSON writes no list as null.
func (o CatalogOpenAPI) MarshalJSON() ([]byte, error) {
	type plain CatalogOpenAPI
	p := plain(o)
	p.Operations = list(p.Operations)
	return encode(p)
}

// MarshalJSON writes no list as null, and no more digits than anybody reads.
func (e Explanation) MarshalJSON() ([]byte, error) {
	type plain Explanation
	p := plain(e)
	p.Time, p.DurationMS = moment(p.Time), round(p.DurationMS)
	p.Attempts = list(p.Attempts)
	return encode(p)
}
