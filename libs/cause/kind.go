package cause

// A Kind is what sort of failure something was. Its name is for machines: it does not change.
type Kind uint8

// The kinds. The table below has what there is to know about them.
const (
	Unknown Kind = iota

	// The connection to an endpoint.

	Refused
	Unreachable
	ConnectTimeout
	DNS

	// TLS with an endpoint.

	TLS
	TLSCertificate
	TLSAlert
	TLSVersion
	ALPN
	WrongProtocol

	// What an endpoint did with a request.

	Closed
	Reset
	StreamReset
	GoAway
	CutShort
	Malformed
	HeadTooLarge
	Timeout
	Deadline
	Status
	Handshake

	// Limits of the gateway's.

	Connections
	Pending
	Share
	NoEndpoint
	Exhausted
	Memory
	Concurrency

	// What the client did, or is.

	ClientClosed
	ClientSlow
	BadRequest
	RequestTooLarge
	NoRoute
	NoMethod
	Misdirected
	Loop
	Address
	Certificate
	Credentials
	Permission
	AuthDown
	RateLimit
	Contract

	// Others.

	Silence
	Lasted
	Drained
	Reloaded
	Configured
	Internal

	kinds
)

// Count is how many kinds there are, Unknown included.
const Count = int(kinds)

// table has the name of each kind, and what to do about it; "" where the code of the answer says
// that well enough.
var table = [kinds]struct{ name, advice string }{
	Unknown: {"unknown", ""},

	Refused: {"connection_refused", "Nothing listens on this address and port, or a firewall " +
		"rejects it: check that the endpoint runs, and that it listens there and not on another " +
		"port or on loopback only."},
	Unreachable: {"unreachable", "The network has no way to this address: check the address, " +
		"routes and firewalls between this machine and the endpoint."},
	ConnectTimeout: {"connect_timeout", "Nobody answers at this address: a firewall that drops " +
		"packets, a machine that is down, or one that is too busy to accept. Raise " +
		"timeouts.connect only if connections to it do take so long."},
	DNS: {"dns", "Check the name in clusters[].endpoints, and that this machine can resolve it " +
		"(getent hosts NAME)."},

	TLS: {"tls", ""},
	TLSCertificate: {"tls_certificate", "Compare the endpoint's certificate with the cluster's " +
		"security.ca and security.server_name; openssl s_client -connect HOST:PORT shows it."},
	TLSAlert: {"tls_alert", "The endpoint has ended TLS, and its log says why. If it wants a " +
		"client certificate: security.mode mtls with cert and key that it trusts."},
	TLSVersion: {"tls_version", "The two have no version of TLS in common. Let the endpoint " +
		"speak TLS 1.2 or 1.3."},
	ALPN: {"alpn", "The endpoint did not agree to HTTP/2 by ALPN. Let it offer h2, or set the " +
		"cluster's protocol to http1."},
	WrongProtocol: {"protocol_mismatch", "Make the cluster's protocol (http1, h2c, h2) and " +
		"security.mode what the endpoint speaks on this port, or use the port where it speaks " +
		"that."},

	Closed: {"closed", "Look at the endpoint's own log at that time: a crash, a restart, or a " +
		"limit on connections or requests."},
	Reset: {"reset", "Look at the endpoint's own log at that time: a crash, a restart, or a " +
		"limit. A firewall or a load balancer between may reset connections too."},
	StreamReset: {"stream_reset", "The endpoint has ended this one request over HTTP/2; its log " +
		"says why. REFUSED_STREAM and ENHANCE_YOUR_CALM are limits of its own."},
	GoAway: {"goaway", "The endpoint was closing this connection. If that is often so, look at " +
		"its limits on the age of connections, or at restarts."},
	CutShort: {"cut_short", "Look at the endpoint's own log at that time: it ended before all of " +
		"the body was there."},
	Malformed: {"malformed", ""},
	HeadTooLarge: {"head_too_large", "Let the endpoint send fewer or smaller fields (cookies are " +
		"the usual reason), or raise limits.max_header_bytes of the cluster."},
	Timeout: {"timeout", "Find out why the endpoint is slow, or raise the timeout that is named."},
	Deadline: {"deadline", "The call had this long, as its client (grpc-timeout) or the route " +
		"says. Find out why the endpoint needs longer."},
	Status: {"status", "Look at the endpoint's own log for this request ID."},
	Handshake: {"handshake_refused", "The endpoint did not open the tunnel that the client asked " +
		"for. Look at the endpoint's own log; check that the path is one of its WebSockets."},

	Connections: {"connections", "All connections are in use: endpoints are slow, or too few. " +
		"Raise limits.max_connections or limits.max_pending of the cluster if the endpoints can " +
		"take more."},
	Pending: {"pending", "More requests wait for a connection than may: endpoints are slow, or " +
		"too few. Raise limits.max_pending or limits.max_connections of the cluster if the " +
		"endpoints can take more."},
	Share: {"share", "One address holds as many of the cluster's connections as it may while " +
		"they are scarce. Raise limits.max_connections, or turn limits.fair_shares off."},
	NoEndpoint: {"no_endpoint", "Every endpoint is out; the reason of each is given. gateway " +
		"status shows how they are now."},
	Exhausted: {"exhausted", "Raise the limit of the process (ulimit -n, LimitNOFILE=), or find " +
		"out what holds so many connections."},
	Memory: {"memory", "The process is near its limit on memory (GOMEMLIMIT, or that of its " +
		"cgroup). Raise it, or lower limits on connections and bodies."},
	Concurrency: {"concurrency", "The route has as many requests in flight as its limit allows. " +
		"Raise limit.concurrent, or find out why they take long."},

	ClientClosed: {"client_closed", "The client did not wait for the answer: its own timeout, a " +
		"user who left, or a proxy before this one."},
	ClientSlow: {"client_slow", "The client was too slow. If slow clients are expected, raise " +
		"the timeout that is named, on the listener."},
	BadRequest:      {"bad_request", ""},
	RequestTooLarge: {"request_too_large", ""},
	NoRoute: {"no_route", "Compare host, path and conditions with the nearest routes; gateway " +
		"config show --route 'GET host/path' says for each route why it is not taken."},
	NoMethod:    {"no_method", ""},
	Misdirected: {"misdirected", ""},
	Loop:        {"loop", ""},
	Address: {"client_address", "The route's clients decides by the client's address. Behind " +
		"another proxy, list that one in trusted_proxies of the listener."},
	Certificate: {"client_certificate", "The route's client_certificate lists the names that may " +
		"use it. Have the client show a certificate with one of them that the listener's " +
		"tls.client_ca has signed, or add its name to the list."},
	Credentials: {"credentials", ""},
	Permission: {"permission", "Who sent the request is known, and may not: give them the scope " +
		"or the role that is missing, or change scopes or roles of the route's auth."},
	AuthDown: {"auth_unavailable", "Whom the route's auth asks is not there: check the server or " +
		"the file that is named, and the way to it."},
	RateLimit: {"rate_limit", "The limit that is named was used up. Wait for as long as " +
		"Retry-After says, or raise the route's rate_limit."},
	Contract: {"contract", ""},

	Silence: {"silence", "Nothing was sent either way for that long. Let client or endpoint send " +
		"something now and then (WebSocket ping), or raise the timeout that is named."},
	Lasted: {"lasted", "It was open for as long as it may be. Raise the timeout that is " +
		"named."},
	Drained:    {"drained", "The gateway was stopping: another instance takes the next request."},
	Reloaded:   {"reloaded", "A reload took the listener or the cluster away that it used."},
	Configured: {"configured", "Look at respond of the route: its configuration says this status."},
	Internal:   {"internal", ""},
}

// String is the name of the kind.
func (k Kind) String() string { return table[min(k, kinds-1)].name }

// Advice says what to do about it; "" where there is nothing to add to what the code of the answer
// advises.
func (k Kind) Advice() string { return table[min(k, kinds-1)].advice }

// Kinds are all kinds, for documentation and tests.
func Kinds() (all []Kind) {
	for k := Unknown; k < kinds; k++ {
		all = append(all, k)
	}
	return all
}
