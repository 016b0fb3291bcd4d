package config

import (
	"reflect"
	"time"
)

// Defaults. This file is the only place that knows them; docs/configuration.md repeats them and a
// test compares.
const (
	DefaultHTTPAddress   = "127.0.0.1:8080" // of the embedded document
	DefaultAdminAddress  = "127.0.0.1:9901"
	DefaultHealthAgg     = "127.0.0.1:9600"
	DefaultHistory       = "health-history.db"
	DefaultHistoryEvents = 100_000

	DefaultMaxConnections         = 50_000 // over all listeners
	DefaultMirrorMemory           = 16 << 20
	DefaultMirrorBodyBytes        = 64 << 10
	DefaultMirrorActive           = 100
	DefaultMirrorTimeout          = 15 * time.Second
	DefaultCompressMemory         = 256 << 20
	DefaultCompressMinBytes       = 1 << 10
	DefaultCompressLevel          = 1
	DefaultListenerMaxConnections = 10_000
	DefaultMaxRequestLineBytes    = 8 << 10
	DefaultMaxHeaderBytes         = 32 << 10
	DefaultMaxHeaders             = 100
	DefaultMaxStreams             = 100
	DefaultMaxBodyBytes           = 10 << 20
	DefaultMinBodyRate            = 240 // bytes a second

	DefaultHeaderTimeout   = 10 * time.Second
	DefaultBodyIdle        = 30 * time.Second
	DefaultKeepAlive       = 75 * time.Second
	DefaultSessionConnect  = 5 * time.Second
	DefaultSessionIdle     = time.Hour
	DefaultHalfClosed      = time.Minute
	DefaultDrain           = 30 * time.Second
	DefaultRequestTimeout  = 15 * time.Second
	DefaultTunnelIdle      = time.Hour
	DefaultConnect         = 5 * time.Second
	DefaultResponse        = 15 * time.Second
	DefaultPoolIdle        = 90 * time.Second
	DefaultClusterConns    = 1024
	DefaultClusterPending  = 1024
	DefaultResponseBytes   = 64 << 10 // of a head; endpoints are chosen, clients are not
	DefaultResponseHeaders = 256
	DefaultEndpointWeight  = 1
	DefaultHealthWindow    = 10 * time.Second
	DefaultHealthRequests  = 5
	DefaultHealthFloor     = Percent(0.01)
	DefaultHealthPath      = "/"
	DefaultHealthStatus    = "200-399"
	DefaultHealthInterval  = 5 * time.Second
	DefaultHealthTimeout   = time.Second
	DefaultRetryAttempts   = 2
	DefaultRetryBudget     = Percent(0.2)
	DefaultRedirectStatus  = 302
	DefaultRespondStatus   = 200
	DefaultCORSMaxAge      = 5 * time.Second
	DefaultContractBody    = int64(1 << 20)
	DefaultForwardTimeout  = 5 * time.Second
	DefaultRatePer         = time.Second
	DefaultRateIPv6Prefix  = 64
	DefaultRateKeys        = 1_000_000
	DefaultLeastConcurrent = 4
	DefaultTokenLeeway     = 30 * time.Second
	DefaultKeysInterval    = 5 * time.Minute
	DefaultKeysTimeout     = 5 * time.Second
	DefaultAskTimeout      = 2 * time.Second
	DefaultAskTTL          = 30 * time.Second
	DefaultReloadTrial     = 10 * time.Second
	DefaultReloadIncrease  = Percent(0.1)
	DefaultUpgradeTimeout  = 30 * time.Second
	DefaultUpgradeTrial    = 4 * time.Second
	DefaultMinTLSVersion   = "1.2"
	DefaultUnixMode        = "0660"
	DefaultRealm           = "gateway"
	DefaultAPIKeyIn        = "header:X-API-Key"
	DefaultTracingSample   = 0.1
	DefaultTracingProtocol = OTLPGRPC
	DefaultTracingPath     = "/v1/traces"
	DefaultTracingTimeout  = 10 * time.Second
	DefaultTracingQueue    = 4096
)

// A defaulter fills in its defaults; the decoder calls it on every value it is about to decode
// into, so that what the file says overwrites them and an explicit zero stays a zero.
type defaulter interface{ setDefaults() }

// Fresh returns a new value of a type of the document that holds what a file that says nothing of
// it means. It can be set.
func Fresh(t reflect.Type) reflect.Value {
	p := reflect.New(t)
	setDefaults(p)
	return p.Elem()
}

func setDefaults(p reflect.Value) {
	if x, ok := p.Interface().(defaulter); ok {
		x.setDefaults()
	}
}

func (d *Document) setDefaults() {
	d.Admin = Admin{Address: DefaultAdminAddress, Implicit: true}
	d.AccessLog = AccessLog{
		Output: OutputStdout, Format: FormatAuto, Sample: 1, Errors: ErrorsAlways,
	}
	d.Limits = Limits{
		MaxConnections: DefaultMaxConnections, CompressMemory: DefaultCompressMemory,
		RateLimitKeys: DefaultRateKeys,
		MirrorMemory:  DefaultMirrorMemory,
	}
	d.Drain = Drain{Timeout: DefaultDrain}
}

func (l *Listener) setDefaults() {
	l.Protocol = ProtocolHTTP
	l.HTTP1, l.HTTP2 = true, true
	l.Limits = ListenerLimits{
		MaxConnections:      DefaultListenerMaxConnections,
		MaxRequestLineBytes: DefaultMaxRequestLineBytes,
		MaxHeaderBytes:      DefaultMaxHeaderBytes,
		MaxHeaders:          DefaultMaxHeaders,
		MaxStreams:          DefaultMaxStreams,
		MinBodyRate:         DefaultMinBodyRate,
	}
	l.Timeouts = ListenerTimeouts{
		Header:     DefaultHeaderTimeout,
		BodyIdle:   DefaultBodyIdle,
		KeepAlive:  DefaultKeepAlive,
		Connect:    DefaultSessionConnect,
		Idle:       DefaultSessionIdle,
		HalfClosed: DefaultHalfClosed,
	}
}

func (u *UnixSocket) setDefaults() { u.Mode = DefaultUnixMode }

func (t *TLS) setDefaults() {
	t.MinVersion, t.ClientAuth = DefaultMinTLSVersion, ClientAuthRequired
	t.ALPN = []string{"h2", "http/1.1"}
}

func (c *Cluster) setDefaults() {
	c.Protocol = ClusterHTTP1
	c.ProxyProtocol = ProxyProtocolOff
	c.Reuse = ReuseAlways
	c.Via = ViaKeep
	c.Balance.Policy = BalanceRoundRobin
	c.Security.Mode = SecurityNone
	c.Timeouts = ClusterTimeouts{Connect: DefaultConnect, Response: DefaultResponse,
		Idle: DefaultPoolIdle}
	c.Limits = ClusterLimits{MaxConnections: DefaultClusterConns, MaxPending: DefaultClusterPending,
		MaxHeaderBytes: DefaultResponseBytes, MaxHeaders: DefaultResponseHeaders,
		FairShares: true}
}

func (c *ConfigSync) setDefaults() { c.Security.Mode = SecurityNone }

func (e *Endpoint) setDefaults() { e.Weight = DefaultEndpointWeight }

func (s *Share) setDefaults() { s.Weight = DefaultEndpointWeight }

func (h *PassiveHealth) setDefaults() {
	*h = PassiveHealth{Window: DefaultHealthWindow, MinRequests: DefaultHealthRequests,
		Floor: DefaultHealthFloor}
}

func (h *ActiveHealth) setDefaults() {
	*h = ActiveHealth{
		Type: CheckHTTP, Path: DefaultHealthPath, Status: DefaultHealthStatus,
		Interval: DefaultHealthInterval, Timeout: DefaultHealthTimeout, From: ChecksNode,
	}
}

func (h *HealthAgg) setDefaults() {
	*h = HealthAgg{Address: DefaultHealthAgg, History: DefaultHistory,
		MaxEvents: DefaultHistoryEvents}
}

func (r *Route) setDefaults() {
	r.Timeouts = RouteTimeouts{Request: DefaultRequestTimeout, Idle: DefaultTunnelIdle}
	r.MaxBodyBytes = DefaultMaxBodyBytes
	r.PathNormalization = PathNormalization{MergeSlashes: true, Parameters: ParametersSafe}
}

func (r *Retry) setDefaults() {
	*r = Retry{Attempts: DefaultRetryAttempts, On: []string{"connect", "reset"},
		Budget: DefaultRetryBudget}
}

func (c *Compress) setDefaults() {
	*c = Compress{
		Algorithms: []string{AlgorithmZstd, AlgorithmBrotli, AlgorithmGzip},
		MinBytes:   DefaultCompressMinBytes, Level: DefaultCompressLevel,
		// What is not here is compressed already, such as pictures, video, fonts (but for those of
		// the old formats) and archives, or nobody knows what it is.
		Types: []string{
			"text/*", "application/json", "application/*+json", "application/xml",
			"application/*+xml", "application/javascript", "application/x-javascript",
			"application/x-ndjson", "application/jsonl", "application/graphql",
			"application/yaml", "application/wasm", "application/vnd.ms-fontobject",
			"font/otf", "font/ttf", "image/svg+xml", "image/bmp", "image/x-icon",
			"image/vnd.microsoft.icon",
		},
	}
}

func (r *Redirect) setDefaults() { r.Status, r.Query = DefaultRedirectStatus, QueryKeep }

func (r *Respond) setDefaults() { r.Status = DefaultRespondStatus }

func (b *BasicUsers) setDefaults() { b.Realm = DefaultRealm }

func (k *APIKeys) setDefaults() { k.In = DefaultAPIKeyIn }

func (j *JWT) setDefaults() {
	j.Types = []string{"JWT", "at+jwt", NoType}
	j.Leeway = DefaultTokenLeeway
	j.Require = []string{"exp"}
	j.From = []string{"header:Authorization"}
	j.Roles = []string{"roles", "realm_access.roles"}
	j.JWKS.setDefaults()
}

func (k *JWKS) setDefaults() {
	k.Interval, k.Timeout = DefaultKeysInterval, DefaultKeysTimeout
}

func (i *Introspection) setDefaults() { i.Timeout, i.TTL = DefaultAskTimeout, DefaultAskTTL }

func (f *Forward) setDefaults() {
	f.Timeout, f.OnError, f.Security.Mode = DefaultForwardTimeout, ForwardRefuse, SecurityNone
	f.Pass = []string{"Accept", "Authorization", "Cookie", "User-Agent", "X-Requested-With"}
}

func (l *Limit) setDefaults() { l.Least = DefaultLeastConcurrent }

func (r *RateLimit) setDefaults() {
	r.Per, r.Key, r.Scope = DefaultRatePer, KeyClient, ScopeNode
	r.IPv6Prefix, r.Headers = DefaultRateIPv6Prefix, true
}

func (m *Mirror) setDefaults() {
	*m = Mirror{
		Share: 1, MaxBodyBytes: DefaultMirrorBodyBytes, MaxActive: DefaultMirrorActive,
		Timeout: DefaultMirrorTimeout,
	}
}

func (c *Compare) setDefaults() {
	*c = Compare{Status: true, Body: BodyOff, MaxBodyBytes: DefaultMirrorBodyBytes}
}

func (c *CORS) setDefaults() { c.MaxAge = DefaultCORSMaxAge }

func (p *ErrorPage) setDefaults() { p.From = ErrorsOfGateway }

func (o *RouteOpenAPI) setDefaults() {
	o.Requests, o.Responses = ContractOff, ContractOff
	o.MaxBodyBytes, o.Unchecked = DefaultContractBody, UncheckedPass
}

func (r *Reload) setDefaults() {
	*r = Reload{Trial: DefaultReloadTrial, MaxErrorIncrease: DefaultReloadIncrease}
}

func (t *Tracing) setDefaults() {
	*t = Tracing{
		Sample: DefaultTracingSample, Trust: TraceTrustAlways, B3: B3Received,
		Queue: DefaultTracingQueue,
		OTLP: OTLP{
			Protocol: DefaultTracingProtocol, Path: DefaultTracingPath,
			Compression: CompressionGzip, Timeout: DefaultTracingTimeout,
			Security: Security{Mode: SecurityNone},
		},
	}
}

// NewListener, NewCluster and NewRoute give code that builds a Document by hand the same defaults a
// file gets.
func NewListener(name, address string) Listener {
	var l Listener
	l.setDefaults()
	l.Name, l.Address = name, address
	return l
}

// NewCluster returns an HTTP/1.1 cluster of the given endpoints, each with weight 1, and the
// defaults of a file.
func NewCluster(name string, addresses ...string) Cluster {
	var c Cluster
	c.setDefaults()
	c.Name = name
	for _, a := range addresses {
		c.Endpoints = append(c.Endpoints, Endpoint{Address: a, Weight: DefaultEndpointWeight})
	}
	return c
}

// NewRoute returns a route for every request to the cluster, with the defaults of a file.
func NewRoute(name, cluster string) Route {
	var r Route
	r.setDefaults()
	r.Name, r.Cluster = name, cluster
	return r
}

// New returns an empty document of the current version with the defaults of a file.
func New() *Document {
	d := new(Document)
	d.setDefaults()
	d.Version = Version
	return d
}

// Names of the embedded document.
const (
	EmbeddedListener = "public"
	EmbeddedCluster  = "demo"
	EmbeddedRoute    = "demo"
)

// Embedded returns the document of a gateway that was given none: a listener on DefaultHTTPAddress,
// the admin API on DefaultAdminAddress, and one route to the cluster EmbeddedCluster. That cluster
// has one endpoint whose address is 127.0.0.1:0: the service starts the demo upstream on a free
// port and writes the real address there before it builds a plan. Each call returns a new value.
func Embedded() *Document {
	d := New()
	d.Listeners = []Listener{NewListener(EmbeddedListener, DefaultHTTPAddress)}
	d.Clusters = []Cluster{NewCluster(EmbeddedCluster, "127.0.0.1:0")}
	d.Routes = []Route{NewRoute(EmbeddedRoute, EmbeddedCluster)}
	return d
}

// NewHealthAgg returns the block healthagg with its defaults.
func NewHealthAgg() *HealthAgg {
	h := new(HealthAgg)
	h.setDefaults()
	return h
}

// NewUnixSocket returns the settings of a unix socket with their defaults.
func NewUnixSocket() *UnixSocket {
	u := new(UnixSocket)
	u.setDefaults()
	return u
}

// NewTLS returns a listener's TLS with its defaults, and no certificate.
func NewTLS() *TLS {
	t := new(TLS)
	t.setDefaults()
	return t
}

// NewCompress returns what compresses responses of a route, with its defaults.
func NewCompress() *Compress {
	c := new(Compress)
	c.setDefaults()
	return c
}

// NewRateLimit returns a limit of so many requests, with the defaults of a file.
func NewRateLimit(requests int) (r RateLimit) {
	r.setDefaults()
	r.Requests = requests
	return r
}
