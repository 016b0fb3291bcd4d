package config

import (
	"net/netip"
	"time"
)

// Version is the only document version this package reads.
const Version = 1

// Document is one whole configuration, defaults applied. The key of each field in a file is its `config` tag, with what its
// values must be (see fields.go); a field tagged "-" has no key. Durations need a unit in a file ("10s"); 0s means no limit.
// Sizes are in bytes.
//
// A text may be a reference to a secret, "secret:env:NAME"; [Document.Secret] returns its value.
type Document struct {
	Version    int         `config:"version,required"`
	Listeners  []Listener  `config:"listeners"`
	Clusters   []Cluster   `config:"clusters"`
	Routes     []Route     `config:"routes"`
	Auth       *Auth       `config:"auth"`
	Admin      Admin       `config:"admin"`
	AccessLog  AccessLog   `config:"access_log"`
	Limits     Limits      `config:"limits"`
	Drain      Drain       `config:"drain"`
	Reload     *Reload     `config:"reload"`
	Tracing    *Tracing    `config:"tracing"`
	Gossip     *Gossip     `config:"gossip"`
	ConfigSync *ConfigSync `config:"config_sync"`
	HealthAgg  *HealthAgg  `config:"healthagg"`

	secrets secrets `config:"-"`
	files   files   `config:"-"`
}

// Limits bounds the whole process.
type Limits struct {
	// MaxConnections is the most client connections over all listeners.
	MaxConnections int `config:"max_connections,min=1"`
}

// Drain says how the process ends.
type Drain struct {
	// Timeout is how long running requests and sessions may go on after a signal to stop.
	Timeout time.Duration `config:"timeout"`
}

// Protocols of a listener.
const (
	ProtocolHTTP = "http"
	ProtocolTCP  = "tcp"
)

// Listener is one address the gateway accepts connections on.
type Listener struct {
	Name           string           `config:"name,required,name"`
	Address        string           `config:"address,required,form=address"` // host:port; port 0 means any free port
	Protocol       string           `config:"protocol,enum=http|tcp"`        // ProtocolHTTP or ProtocolTCP
	TLS            *TLS             `config:"tls"`                           // nil: plain text
	Limits         ListenerLimits   `config:"limits"`
	Timeouts       ListenerTimeouts `config:"timeouts"`
	HTTP1          bool             `config:"http1"` // http only
	HTTP2          bool             `config:"http2"` // http only
	ProxyProtocol  bool             `config:"proxy_protocol"`
	TrustedProxies []netip.Prefix   `config:"trusted_proxies"`
	Cluster        string           `config:"cluster,ref"` // tcp only
	SNI            []SNIRoute       `config:"sni"`         // tcp only
}

// ListenerLimits bounds what clients of a listener may ask for.
type ListenerLimits struct {
	MaxConnections      int  `config:"max_connections,min=1"`
	MaxRequestLineBytes int  `config:"max_request_line_bytes,min=64,max=1048576"` // over it: 414
	MaxHeaderBytes      int  `config:"max_header_bytes,min=256,max=1048576"`      // over it: 431
	MaxHeaders          int  `config:"max_headers,min=1,max=10000"`               // over it: 431
	AllowUnderscores    bool `config:"allow_underscores"`                         // in header field names; otherwise 400
	MaxStreams          int  `config:"max_concurrent_streams,min=1,max=10000"`    // of one HTTP/2 connection
}

// ListenerTimeouts bounds how long clients of a listener may take. 0 means no limit.
type ListenerTimeouts struct {
	Header    time.Duration `config:"header"`    // http: from the first byte of a request to the end of its head
	BodyIdle  time.Duration `config:"body_idle"` // http: between two reads or two writes of a body, never a total
	KeepAlive time.Duration `config:"keepalive"` // http: a connection with no request
	Connect   time.Duration `config:"connect"`   // tcp: to reach the endpoint
	Idle      time.Duration `config:"idle"`      // tcp: a session with no byte either way
	Overall   time.Duration `config:"overall"`   // tcp: a whole session
}

// TLS ends TLS at a listener.
type TLS struct {
	Certificates []Certificate `config:"certificates"` // chosen by SNI: exact name, then wildcard, then the first
	MinVersion   string        `config:"min_version,enum=1.2|1.3"`
	ALPN         []string      `config:"alpn,enum=h2|http/1.1"`
	ClientCA     string        `config:"client_ca,file"` // present: client certificates are required
}

// Certificate is one certificate chain with its key, as PEM files.
type Certificate struct {
	Cert string `config:"cert,required,file"`
	Key  string `config:"key,required,secret,file"` // or a secret: the key itself
	OCSP string `config:"ocsp,file"`                // a DER response to staple
}

// SNIRoute sends TLS sessions for some server names to a cluster, undecrypted.
type SNIRoute struct {
	Hosts   []string `config:"hosts,required,form=host"`
	Cluster string   `config:"cluster,ref"`
}

// Protocols of a cluster.
const (
	ClusterHTTP1 = "http1"
	ClusterH2    = "h2"
	ClusterH2C   = "h2c"
)

// Versions of the PROXY protocol that a cluster's endpoints get.
const (
	ProxyProtocolOff = "off"
	ProxyProtocolV1  = "v1"
	ProxyProtocolV2  = "v2"
)

// Cluster is a set of endpoints that are interchangeable.
type Cluster struct {
	Name      string          `config:"name,required,name"`
	Protocol  string          `config:"protocol,enum=http1|h2|h2c"` // ClusterHTTP1, ClusterH2 or ClusterH2C
	Endpoints []Endpoint      `config:"endpoints,required"`
	Security  Security        `config:"security"`
	Timeouts  ClusterTimeouts `config:"timeouts"`
	Limits    ClusterLimits   `config:"limits"`
	Health    *Health         `config:"health"`
	// ProxyProtocol is what sessions of tcp listeners begin with: ProxyProtocolOff, ProxyProtocolV1 or ProxyProtocolV2.
	ProxyProtocol string `config:"proxy_protocol,enum=off|v1|v2"`
}

// Endpoint is one address of a cluster with its share of the traffic.
type Endpoint struct {
	Address string `config:"address,required,form=address"`
	Weight  int    `config:"weight,min=0,zero=takes the endpoint out"`
}

// Modes of Security.
const (
	SecurityNone = "none"
	SecurityTLS  = "tls"
	SecurityMTLS = "mtls"
)

// Security is how connections to a cluster's endpoints are protected.
type Security struct {
	Mode               string `config:"mode,enum=none|tls|mtls"` // SecurityNone, SecurityTLS or SecurityMTLS
	CA                 string `config:"ca,file"`
	Cert               string `config:"cert,file"`
	Key                string `config:"key,secret,file"` // or a secret: the key itself
	ServerName         string `config:"server_name"`
	InsecureSkipVerify bool   `config:"insecure_skip_verify"`
	// Pins are public keys of which the chain of an endpoint must have one.
	Pins []string `config:"pins,form=pin"`
}

// ClusterTimeouts bounds how long a cluster's endpoints may take. 0 means no limit.
type ClusterTimeouts struct {
	Connect  time.Duration `config:"connect"`  // to reach the endpoint, its TLS handshake included
	Response time.Duration `config:"response"` // from the end of the request to the head of the response
	Idle     time.Duration `config:"idle"`     // a pooled connection with no request
}

// ClusterLimits bounds what a cluster's endpoints are asked to bear.
type ClusterLimits struct {
	MaxConnections int `config:"max_connections,min=1"`
	MaxPending     int `config:"max_pending,min=0,max=1000000,zero=lets none wait"` // requests waiting for a connection
}

// Health is how the endpoints of a cluster are judged.
type Health struct {
	Passive *PassiveHealth `config:"passive"`
	Active  *ActiveHealth  `config:"active"`
}

// PassiveHealth judges endpoints by the answers to real traffic.
type PassiveHealth struct {
	Window      time.Duration `config:"window"`
	MinRequests int           `config:"min_requests,min=1"`
	Floor       Percent       `config:"floor"`
}

// Types of an active check.
const (
	CheckHTTP = "http"
	CheckTCP  = "tcp"
	CheckGRPC = "grpc"
)

// ActiveHealth judges endpoints by asking them.
type ActiveHealth struct {
	Type     string        `config:"type,enum=http|tcp|grpc"` // CheckHTTP, CheckTCP or CheckGRPC
	Path     string        `config:"path,form=path"`          // http
	Host     string        `config:"host,form=hostField"`     // http and grpc; "": the endpoint's address
	Status   string        `config:"status,form=status"`      // http: a status or a range; see StatusRange
	Service  string        `config:"service,form=service"`    // grpc; "": the whole server
	Interval time.Duration `config:"interval,positive"`
	Timeout  time.Duration `config:"timeout,positive"`
	From     string        `config:"from,enum=node|aggregator"` // ChecksNode or ChecksAggregator
}

// Who makes active checks.
const (
	ChecksNode       = "node"       // each edge and relay
	ChecksAggregator = "aggregator" // health aggregators, which tell the others by gossip
)

// Route sends the requests it matches to a cluster. Longest host match, then longest path prefix, then methods; the order of
// routes never matters.
type Route struct {
	Name              string        `config:"name,required,name"`
	Hosts             []string      `config:"hosts,form=host"`         // exact or "*.x"; empty: any
	PathPrefix        string        `config:"path_prefix,form=prefix"` // on segment borders; "" and "/": any
	Methods           []string      `config:"methods,form=method"`     // empty: any
	Cluster           string        `config:"cluster,ref"`             // or Split
	Split             []Share       `config:"split"`
	Rewrite           *Rewrite      `config:"rewrite"`
	Timeouts          RouteTimeouts `config:"timeouts"`
	Retry             *Retry        `config:"retry"`
	Auth              *RouteAuth    `config:"auth"`
	OpenAPI           *RouteOpenAPI `config:"openapi"`
	RateLimit         *RateLimit    `config:"rate_limit"`
	MaxBodyBytes      int64         `config:"max_body_bytes,min=0,zero=means no limit"` // 0: no limit; over it: 413
	AllowEncodedSlash bool          `config:"allow_encoded_slash"`                      // let %2F in a path through instead of answering 400
	Headers           *RouteHeaders `config:"headers"`
	ClientCertificate *RouteClients `config:"client_certificate"`
}

// RouteClients says which clients with a verified certificate may use a route.
type RouteClients struct {
	Names []string `config:"names,required"` // DNS names, URIs or subjects
}

// Share is one cluster's part of a split route.
type Share struct {
	Cluster string `config:"cluster,required,ref"`
	Weight  int    `config:"weight,min=0,max=1000000"`
}

// Rewrite changes the path a route's upstream sees.
type Rewrite struct {
	StripPrefix   bool   `config:"strip_prefix"`
	ReplacePrefix string `config:"replace_prefix,form=prefix"`
}

// RouteTimeouts bounds how long requests of a route may take. 0 means no limit.
type RouteTimeouts struct {
	Request time.Duration `config:"request"` // from the end of the request to the head of the response, all attempts together; not for gRPC
	GRPC    time.Duration `config:"grpc"`    // the longest deadline of a gRPC call
	Idle    time.Duration `config:"idle"`    // a tunnel (WebSocket) with no byte either way
}

// Reasons of a Retry, beside statuses.
const (
	RetryConnect     = "connect"
	RetryReset       = "reset"
	RetryUnavailable = "unavailable"        // a gRPC call
	RetryExhausted   = "resource-exhausted" // a gRPC call
)

// Retry says when a request is tried again.
type Retry struct {
	Attempts int      `config:"attempts,min=1,max=10"`
	On       []string `config:"on,form=retry"` // one of the reasons above, or a status
	Budget   Percent  `config:"budget"`
}

// RouteAuth says who may use a route.
type RouteAuth struct {
	JWT    string   `config:"jwt,required,ref"`
	Scopes []string `config:"scopes"`
	Roles  []string `config:"roles"`
}

// RouteOpenAPI holds a route's traffic against an OpenAPI document.
type RouteOpenAPI struct {
	Spec      string `config:"spec"`
	Requests  string `config:"requests,enum=off|shadow|enforce"`
	Responses string `config:"responses,enum=off|shadow|enforce"`
}

// RateLimit bounds how many requests a route takes.
type RateLimit struct {
	Requests int           `config:"requests,required,min=1"`
	Per      time.Duration `config:"per"`
	Burst    int           `config:"burst"`
	Key      string        `config:"key"`
}

// RouteHeaders edits header fields both ways.
type RouteHeaders struct {
	Request  HeaderEdit `config:"request"`
	Response HeaderEdit `config:"response"`
}

// HeaderEdit is one direction's edits: removed first, then set.
type HeaderEdit struct {
	Set    map[string]string `config:"set,form=value"`
	Remove []string          `config:"remove,form=field"`
}

// Auth holds what routes refer to by name.
type Auth struct {
	JWT []JWT `config:"jwt"`
}

// JWT is one issuer of tokens.
type JWT struct {
	Name          string         `config:"name,required,name"`
	Issuer        string         `config:"issuer,required,form=some"`
	Audiences     []string       `config:"audiences"`
	Algorithms    []string       `config:"algorithms"`
	JWKS          JWKS           `config:"jwks,required"`
	Introspection *Introspection `config:"introspection"`
}

// JWKS is where an issuer's keys are; one of the two.
type JWKS struct {
	URL  string `config:"url"`
	File string `config:"file"`
}

// Introspection asks the issuer about opaque tokens.
type Introspection struct {
	URL          string `config:"url"`
	ClientID     string `config:"client_id"`
	ClientSecret string `config:"client_secret,secret"`
}

// AdminOff is the value of Admin.Address that turns the admin API off.
const AdminOff = "off"

// Admin is the admin API.
type Admin struct {
	Address string `config:"address,form=addressOff"` // host:port, or AdminOff
	// Token is what callers show as "Authorization: Bearer TOKEN". Off loopback there must be one.
	Token string `config:"token,secret,form=token"`
	// Implicit is true when no file set the address. The service then goes on without the admin API if the default port is
	// taken, so that a second gateway on one machine starts without being told of a port it did not ask for.
	Implicit bool `config:"-"`
}

// Values of AccessLog.Output other than a file's path, and of AccessLog.Errors.
const (
	OutputStdout = "stdout"
	OutputStderr = "stderr"
	OutputOff    = "off"

	ErrorsAlways  = "always"
	ErrorsSampled = "sampled"
	ErrorsNever   = "never"
)

// AccessLog is the log of requests, one JSON object a line.
type AccessLog struct {
	Output string  `config:"output,form=some,file"`            // OutputStdout, OutputStderr, OutputOff or a file's path
	Sample float64 `config:"sample"`                           // share of the requests that are logged, 0 to 1
	Errors string  `config:"errors,enum=always|sampled|never"` // what happens to 5xx: ErrorsAlways, ErrorsSampled or ErrorsNever
}

// Reload is the trial of a new plan after a reload.
type Reload struct {
	Trial            time.Duration `config:"trial,positive"`
	MaxErrorIncrease Percent       `config:"max_error_increase"`
}

// Tracing is where spans go.
type Tracing struct {
	OTLP   OTLP    `config:"otlp"`
	Sample float64 `config:"sample"`
}

// OTLP is an OpenTelemetry collector.
type OTLP struct {
	Endpoint string `config:"endpoint"`
	Protocol string `config:"protocol,enum=grpc|http"`
}

// Gossip is how this node shares health with its peers.
type Gossip struct {
	Bind       string   `config:"bind,required,form=address"`
	Advertise  string   `config:"advertise"`
	Name       string   `config:"name"`
	Join       []string `config:"join,form=address"`
	Key        string   `config:"key,secret"`
	AcceptKeys []string `config:"accept_keys,secret"`
}

// ConfigSync is where this node gets its configuration from. It is the node's own file that counts, here and in admin and
// gossip: see [Options.Published].
type ConfigSync struct {
	Address  string            `config:"address,required,form=address"`
	Replicas []string          `config:"replicas,form=address"`
	Node     string            `config:"node,required"`
	Labels   map[string]string `config:"labels"`
	Cache    string            `config:"cache,file"`
	Security Security          `config:"security"`
	// PublicKey is a PEM file of the Ed25519 key that has to have signed what is taken.
	PublicKey string `config:"public_key,file"`
}

// HealthAgg is the health aggregator, healthagg; other binaries leave it alone.
type HealthAgg struct {
	Address string `config:"address,form=address"` // for gRPC
	TLS     *TLS   `config:"tls"`
	// History is the file of what nodes have said.
	History   string `config:"history,form=some,file"`
	MaxEvents int    `config:"max_events,min=100,max=10000000"`
}

// Percent is a share written with a percent sign in a file; 20% is 0.2.
type Percent float64
