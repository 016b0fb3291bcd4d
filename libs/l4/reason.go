package l4

import "slices"

// A Reason says why a session ended: the close_reason of the log and of
// gateway_relay_sessions_total. The first cause counts, see session.settle.
type Reason uint8

// The reasons. The table below says what each one means.
const (
	none Reason = iota

	ClientClosed
	UpstreamClosed
	ClientReset
	UpstreamReset
	IdleTimeout
	OverallTimeout

	ConnectFailed
	ConnectTimeout
	UpstreamTLS
	NoEndpoint
	Overloaded

	NoRoute
	BadProxyHeader
	BadClientHello
	HeaderTimeout

	DrainTimeout
	ReloadTimeout
	Internal

	reasonCount
)

// fault says whose doing a reason is.
type fault uint8

const (
	nobodys fault = iota // the normal course of things
	clients
	upstreams
	ours
)

// reasons is the table of the reasons: what there is to know about them is here.
var reasons = [reasonCount]struct {
	name    string
	fault   fault
	meaning string
}{
	none: {"none", ours, "The session has not ended."},

	ClientClosed: {
		"client_closed", nobodys,
		"The client closed its side first; the endpoint then closed or reset its own, or the " +
			"client did not wait for that.",
	},
	UpstreamClosed: {"upstream_closed", nobodys, "The endpoint closed its side first."},
	ClientReset: {
		"client_reset", nobodys,
		"The connection to the client broke: it was reset, or the client no longer answers.",
	},
	UpstreamReset: {
		"upstream_reset", upstreams,
		"The connection to the endpoint broke: it was reset, the endpoint no longer answers, or " +
			"its TLS ended without a word.",
	},
	IdleTimeout: {
		"idle_timeout", nobodys,
		"No byte came or went for timeouts.idle of the listener, or for its timeouts.half_closed " +
			"after one side had closed its own.",
	},
	OverallTimeout: {
		"overall_timeout", nobodys, "The session lasted for timeouts.overall of the listener.",
	},

	ConnectFailed: {
		"connect_failed", upstreams,
		"No endpoint took the connection; this is what the last one said.",
	},
	ConnectTimeout: {
		"connect_timeout", upstreams,
		"No endpoint took the connection within timeouts.connect of the listener, or of " +
			"the cluster.",
	},
	UpstreamTLS: {
		"upstream_tls", upstreams,
		"The connection to the endpoint could not be secured, or its TLS failed later.",
	},
	NoEndpoint: {"no_endpoint", upstreams, "No endpoint of the cluster has a weight above 0."},
	Overloaded: {
		"overloaded", ours,
		"The gateway, the listener or the cluster has as many connections as it may have and no " +
			"turn came in time, or the system has no more to give.",
	},

	NoRoute: {
		"no_route", clients,
		"The listener routes by server name, the client's is none of its names, and there is no " +
			"cluster for the rest.",
	},
	BadProxyHeader: {
		"bad_proxy_header", clients,
		"The listener wants the PROXY protocol, and the connection did not begin with a valid " +
			"header from a trusted proxy.",
	},
	BadClientHello: {
		"bad_client_hello", clients,
		"The listener routes by server name, the client did not begin with a ClientHello, and " +
			"there is no cluster for the rest.",
	},
	HeaderTimeout: {
		"header_timeout", clients,
		"The PROXY header or the ClientHello was not complete within timeouts.connect of " +
			"the listener.",
	},

	DrainTimeout: {
		"drain_timeout", nobodys,
		"The gateway was stopping, and the session outlasted drain.timeout.",
	},
	ReloadTimeout: {
		"reload_timeout", nobodys,
		"A reload took the listener or the cluster away, and the session outlasted drain.timeout.",
	},
	Internal: {"internal", ours, "The gateway failed; its log has more."},
}

// String is the reason as logs and metrics have it.
func (r Reason) String() string { return reasons[r].name }

// Meaning is the reason in a sentence.
func (r Reason) Meaning() string { return reasons[r].meaning }

// failed reports whether an operator looks for sessions that end so.
func (r Reason) failed() bool { return reasons[r].fault != nobodys }

// Reasons are all reasons, for the documentation.
func Reasons() (all []Reason) {
	for r := none + 1; r < reasonCount; r++ {
		all = append(all, r)
	}
	return all
}

// reasonNames are the names by number, for the metrics.
func reasonNames() []string {
	names := make([]string, 0, reasonCount)
	for r := range reasonCount {
		names = append(names, r.String())
	}
	return slices.Clip(names)
}
