package config

import (
	"cmp"
	"time"
)

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

// Whose requests may use a connection after another client's.
const (
	ReuseAlways = "always"
	ReuseSafe   = "safe"
	ReuseNever  = "never"
)

// What becomes of Via fields on the way to a cluster.
const (
	ViaKeep = "keep"
	ViaOff  = "off"
)

// Cluster is a set of endpoints that are interchangeable.
type Cluster struct {
	Name string `config:"name,required,name"`
	// ClusterHTTP1, ClusterH2 or ClusterH2C
	Protocol  string          `config:"protocol,enum=http1|h2|h2c"`
	Endpoints []Endpoint      `config:"endpoints,required"`
	Balance   Balance         `config:"balance"`
	Sticky    *Sticky         `config:"sticky"`
	Security  Security        `config:"security"`
	Timeouts  ClusterTimeouts `config:"timeouts"`
	Limits    ClusterLimits   `config:"limits"`
	Health    *Health         `config:"health"`
	// ProxyProtocol is what sessions of tcp listeners begin with: ProxyProtocolOff, ProxyProtocolV1
	// or ProxyProtocolV2.
	ProxyProtocol string `config:"proxy_protocol,enum=off|v1|v2"`
	// ProxyProtocolTLVs are the extensions of clients' PROXY headers that go on: PassExtensions, or
	// what ParseExtension reads.
	ProxyProtocolTLVs []string `config:"proxy_protocol_tlvs,form=tlv,alone"`
	// ReuseAlways, ReuseSafe or ReuseNever
	Reuse string `config:"reuse,enum=always|safe|never"`
	Via   string `config:"via,enum=keep|off"` // ViaKeep or ViaOff
}

func (Cluster) keyTexts() texts {
	return texts{
		"name":      "Required, unique.",
		"protocol":  "`http1`, `h2` (TLS) or `h2c` (clear text).",
		"endpoints": "At least one with a weight above 0, and one that is no backup.",
		"balance":   "How requests and sessions are shared among the endpoints.",
		"sticky": "Keep each client at one endpoint, by a signed cookie. For requests of routes " +
			"only; see [sharing](sharing.md).",
		"security": "How connections to the endpoints are protected.",
		"timeouts": "How long endpoints may take. `0s` means no limit.",
		"limits":   "What the endpoints are asked to bear.",
		"health":   "How endpoints are judged.",
		"via": "`keep`: requests go on with a Via field that names the gateway, as RFC 9110 " +
			"section 7.6.3 asks of every gateway. `off`: without any, for endpoints that " +
			"compress nothing for proxies; see [nginx behind the gateway](nginx-upstreams.md).",
		"proxy_protocol": "Begin every connection with a PROXY header that names the client: " +
			"`v1` (text), `v2` (binary) or `off`. Before TLS, where the cluster has it. Active " +
			"checks send one too. Each request of a route then has a connection of its own; not " +
			"with HTTP/2.",
		"proxy_protocol_tlvs": "With `proxy_protocol: v2`: extensions (TLVs) of the PROXY header " +
			"that a client came with which go on in that of the endpoint. `pass`: all that say " +
			"something of the client, which leaves out `netns`, CRC32C and NOOP. Or a list of " +
			"types: `alpn`, `authority`, `unique_id`, `ssl`, `netns`, `\"0xEA\"`. Where a " +
			"listener ends TLS itself, `alpn`, `authority` and `ssl` never go on. Without, none.",
		"reuse": "Whose requests may use a connection to an endpoint after another client's: " +
			"`always`: anybody's. `safe`: not the first request of a client's connection, " +
			"which gets a new one. `never`: nobody's, each client's connection has its own. " +
			"Whatever this says, a connection that NTLM or Negotiate has authenticated " +
			"serves one client's connection only.",
	}
}

// Endpoint is one address of a cluster with its share of the traffic.
type Endpoint struct {
	Address string `config:"address,required,form=address"`
	Weight  int    `config:"weight,min=0,max=1000000,zero=takes the endpoint out"`
	Backup  bool   `config:"backup"`
	// As is the reference that the address is the value of, in a document that
	// [Document.Revealed] has made; "": it stands in the file.
	As string `config:"-"`
}

// Shown is what status, metrics and logs call the endpoint: its address, or the reference to the
// secret that the address is. Both are unique in the cluster.
func (e *Endpoint) Shown() string { return cmp.Or(e.As, e.Address) }

func (Endpoint) keyTexts() texts {
	return texts{
		"address": "`host:port`. Required, unique in the cluster. What a name points to is asked " +
			"for again when connecting, as often as DNS says (its TTL, 1s to 1m).",
		"weight": "Share of the traffic, in proportion to the others'. 0: gets none.",
		"backup": "Gets traffic only while no other endpoint can take it: each has weight 0 or " +
			"is [out](health.md#backups). Weights count among the backups then. When another " +
			"one has recovered, the traffic is its again at once.",
	}
}

// Modes of Security.
const (
	SecurityNone = "none"
	SecurityTLS  = "tls"
	SecurityMTLS = "mtls"
)

// Security is how connections to a cluster's endpoints are protected.
type Security struct {
	// SecurityNone, SecurityTLS or SecurityMTLS
	Mode               string `config:"mode,enum=none|tls|mtls"`
	CA                 string `config:"ca,file"`
	Cert               string `config:"cert,file"`
	Key                string `config:"key,secret,file"`
	ServerName         string `config:"server_name"`
	InsecureSkipVerify bool   `config:"insecure_skip_verify"`
	// Pins are public keys of which the chain of an endpoint must have one.
	Pins []string `config:"pins,form=pin"`
	// Ciphers are the suites of TLS 1.2 that are offered; see TLS.Ciphers.
	Ciphers []string `config:"ciphers,form=cipher"`
}

func (Security) keyTexts() texts {
	return texts{
		"mode":                 "`none`, `tls` or `mtls`.",
		"ca":                   "PEM file of whom to trust.",
		"cert":                 "PEM file of the gateway's certificate.",
		"key":                  "PEM file of its key, or a secret.",
		"server_name":          "The name the endpoints' certificates must have.",
		"insecure_skip_verify": "Trust any certificate. Warned about.",
		"pins": "Public keys, `sha256/BASE64` each (RFC 7469): a chain that is trusted must have " +
			"one of them too.",
		"ciphers": "Cipher suites of TLS 1.2 that are offered, as `listeners[].tls.ciphers`. " +
			"With `protocol: h2` those with CBC are left out.",
	}
}

// ClusterTimeouts bounds how long a cluster's endpoints may take. 0 means no limit.
type ClusterTimeouts struct {
	Connect  time.Duration `config:"connect"`
	Response time.Duration `config:"response"`
	BodyIdle time.Duration `config:"body_idle"`
	Idle     time.Duration `config:"idle"`
}

func (ClusterTimeouts) keyTexts() texts {
	return texts{
		"connect":  "To reach an endpoint, its TLS handshake included.",
		"response": "From the end of the request to the head of the response.",
		"body_idle": "Between two reads of a response's body, and between two writes of a " +
			"request's. `0s`: a response may be silent for as long as its client is there, and " +
			"a request's body may not be taken for the listener's `timeouts.body_idle`.",
		"idle": "For a pooled connection without a request.",
	}
}

// ClusterLimits bounds what a cluster's endpoints are asked to bear.
type ClusterLimits struct {
	MaxConnections         int  `config:"max_connections,min=1,max=100000"`
	MaxPending             int  `config:"max_pending,min=0,max=1000000,zero=lets none wait"`
	MaxHeaderBytes         int  `config:"max_header_bytes,min=256,max=1048576"`
	MaxHeaders             int  `config:"max_headers,min=1,max=10000"`
	AllowBareLF            bool `config:"allow_bare_lf"`
	AllowControlCharacters bool `config:"allow_control_characters"`
	// MaxConnectionAge of 0 is no limit.
	MaxConnectionAge time.Duration `config:"max_connection_age"`
	// MaxRequestsPerConnection of 0 is no limit.
	MaxRequestsPerConnection int `config:"max_requests_per_connection,min=0,max=1000000000,zero=is no limit"`
	// FairShares keeps one client address from holding all connections.
	FairShares bool `config:"fair_shares"`
}

func (ClusterLimits) keyTexts() texts {
	return texts{
		"max_connections": "Connections at once, over all endpoints.",
		"fair_shares": "Over half of `max_connections`, a client address gets another connection " +
			"only while it holds fewer of that half than are free; its requests wait otherwise. " +
			"An IPv6 network of 64 bits is one address. Not for clients behind " +
			"`trusted_proxies`, nor with HTTP/2, nor for TCP sessions.",
		"max_pending": "Requests and TCP sessions that may wait for one of them. One " +
			"more, or one " +
			"that waited too long: 503 `GW_OVERLOADED`, a reset for a session. 0: none waits.",
		"max_header_bytes": "Of a response's head. Over it: 502 `GW_UPSTREAM_PROTOCOL`.",
		"max_headers":      "Fields of a response. Over it: 502 `GW_UPSTREAM_PROTOCOL`.",
		"allow_bare_lf": "Take the head of a response whose lines end in LF alone, as some old " +
			"programs send it. They go on with CRLF. Otherwise: 502 `GW_UPSTREAM_PROTOCOL`.",
		"allow_control_characters": "Let control characters in the field values of a response " +
			"through, but for NUL, CR and LF. Otherwise: 502 `GW_UPSTREAM_PROTOCOL`.",
		"max_connection_age": "A connection that is this old, or up to a tenth less, gets no " +
			"more requests, and ends with those it has. The next one is made to where the " +
			"name points then. `0s`: any age. TCP sessions are not cut.",
		"max_requests_per_connection": "After so many requests a connection gets no more, and " +
			"ends with those it has. 0: any number.",
	}
}

// Health is how the endpoints of a cluster are judged.
type Health struct {
	Passive *PassiveHealth `config:"passive"`
	Active  *ActiveHealth  `config:"active"`
}

func (Health) keyTexts() texts {
	return texts{
		"passive": "By the answers to real traffic.",
		"active": "By asking them, whether there is traffic or not. Three failed checks in a row " +
			"take the weight, two good ones give it back.",
	}
}

// PassiveHealth judges endpoints by the answers to real traffic.
type PassiveHealth struct {
	Window      time.Duration `config:"window"`
	MinRequests int           `config:"min_requests,min=1,max=1000000"`
	Floor       Percent       `config:"floor"`
}

func (PassiveHealth) keyTexts() texts {
	return texts{
		"window":       "How far back.",
		"min_requests": "Fewer are no verdict.",
		"floor":        "The least share of its weight that an endpoint keeps.",
	}
}

// Types of an active check.
const (
	CheckHTTP = "http"
	CheckTCP  = "tcp"
	CheckGRPC = "grpc"
)

// ActiveHealth judges endpoints by asking them.
type ActiveHealth struct {
	Type string `config:"type,enum=http|tcp|grpc"` // CheckHTTP, CheckTCP or CheckGRPC
	Path string `config:"path,form=path"`
	Host string `config:"host,form=hostField"`
	// http: a status or a range; see StatusRange
	Status   string        `config:"status,form=status"`
	Service  string        `config:"service,form=service"`
	Interval time.Duration `config:"interval,positive"`
	Timeout  time.Duration `config:"timeout,positive"`
	From     string        `config:"from,enum=node|aggregator"` // ChecksNode or ChecksAggregator
}

func (ActiveHealth) keyTexts() texts {
	return texts{
		"type": "`http`: a GET request, in the cluster's protocol. `tcp`: a connection, secured " +
			"if the cluster is. `grpc`: the call `grpc.health.v1.Health/Check`.",
		"path": "`http`: of the request, possibly with a query.",
		"host": "`http` and `grpc`: the host that is asked for, possibly with a port. Absent: " +
			"the endpoint's address.",
		"status": "`http`: the answers that are good, a status or a range of them, in quotes: " +
			"`\"200\"`, `\"200-299\"`.",
		"service": "`grpc`: the service that is asked about. Absent: the server as a whole.",
		"interval": "Between the starts of two checks of an endpoint; each comes up to a tenth " +
			"of it earlier. At least 100ms.",
		"timeout": "For one check, connecting included. No longer than `interval`.",
		"from": "`node`: each edge and relay asks for itself. `aggregator`: only health " +
			"aggregators ask, and tell the others by gossip, where each is one vantage point.",
	}
}

// The values of from: the processes that make active checks.
const (
	ChecksNode       = "node"       // each edge and relay
	ChecksAggregator = "aggregator" // health aggregators, which tell the others by gossip
)
