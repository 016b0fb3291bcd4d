package config

import (
	"net/netip"
	"time"
)

// Route says what becomes of the requests it matches. Longest host match, then path, longest path
// prefix and expression, then methods, then conditions, then the name; the order of routes never
// matters.
type Route struct {
	Name              string        `config:"name,required,name"`
	Hosts             []string      `config:"hosts,form=host"`
	Path              string        `config:"path,form=prefix"`
	PathPrefix        string        `config:"path_prefix,form=prefix"`
	PathRegex         string        `config:"path_regex"`
	Methods           []string      `config:"methods,form=method"`
	When              *When         `config:"when"`
	Listeners         []string      `config:"listeners,ref"`
	Cluster           string        `config:"cluster,ref"`
	Split             []Share       `config:"split"`
	Redirect          *Redirect     `config:"redirect"`
	Respond           *Respond      `config:"respond"`
	Rewrite           *Rewrite      `config:"rewrite"`
	Timeouts          RouteTimeouts `config:"timeouts"`
	Retry             *Retry        `config:"retry"`
	Auth              *RouteAuth    `config:"auth"`
	OpenAPI           *RouteOpenAPI `config:"openapi"`
	RateLimit         []RateLimit   `config:"rate_limit,alone"`
	Limit             *Limit        `config:"limit"`
	MaxBodyBytes      int64         `config:"max_body_bytes,min=0,max=1125899906842624,zero=means no limit"`
	AllowEncodedSlash bool          `config:"allow_encoded_slash"`
	Headers           *RouteHeaders `config:"headers"`
	ErrorPages        []ErrorPage   `config:"error_pages"`
	CORS              *CORS         `config:"cors"`
	ClientCertificate *RouteClients `config:"client_certificate"`

	AllowEncodedBackslash bool              `config:"allow_encoded_backslash"`
	PathNormalization     PathNormalization `config:"path_normalization"`
	Clients               *RouteAddresses   `config:"clients"`
	Compress              *Compress         `config:"compress"`
	Mirror                []Mirror          `config:"mirror,alone"`
}

func (Route) keyTexts() texts {
	return texts{
		"name": "Required, unique.",
		"hosts": "Exact or `*.x`, without a port; case doesn't matter, letters beyond ASCII are " +
			"converted as browsers do. `*.x` matches any number of labels before x. Absent: any " +
			"host.",
		"path_prefix": "On segment borders: `/users` matches `/users` and `/users/7`, not " +
			"`/usersx`. A trailing slash means nothing, but for " +
			"`rewrite.strip_prefix`. Written as a path is after normalising: " +
			"no dot segments, no doubled slashes, nothing encoded that need not be. Absent: any " +
			"path.",
		"path": "The whole path, with the slash at its end if it has one. At most one of `path`, " +
			"`path_prefix` and `path_regex`; a route with `path` comes before the others of its " +
			"host.",
		"path_regex": "An expression of RE2 that the whole path matches: at most 1024 bytes. " +
			"Routes with `path` or `path_prefix` come first, then the longest expression, and " +
			"routes for any path last.",
		"when": "What a request must have beside that. A route whose conditions are not met " +
			"leaves the request to the next one.",
		"listeners": "The listeners whose requests the route takes, by name. Absent: those of " +
			"all.",
		"methods": "In upper case. Absent: the methods that no other route of this host and " +
			"prefix lists. GET does not include HEAD. CONNECT and TRACE are answered by the " +
			"gateway and reach no route.",
		"cluster": "The cluster's name. Exactly one of `cluster`, `split`, `redirect` and " +
			"`respond`.",
		"split": "Several clusters, by weight; each once, one of them with a weight above 0.",
		"redirect": "Sends clients to another URL. It is that of the request, but for what " +
			"stands here.",
		"respond":  "Answers with what stands here.",
		"rewrite":  "Changes the path that the upstream sees. One of the two.",
		"timeouts": "How long requests may take. `0s` means no limit.",
		"retry": "When a request is tried again. Without it, only after a connection that could " +
			"not be made, once, on another endpoint; and a request that failed on a reused " +
			"connection before any answer, once, when that is safe.",
		"auth":    "Who may use the route.",
		"openapi": "Holds the traffic against an OpenAPI document.",
		"rate_limit": "How many requests are taken, of each client or of all. Others: 429 " +
			"`GW_RATE_LIMITED`. A mapping, or a list of them: a request has to be within each. " +
			"See [Rate limits](rate-limits.md).",
		"limit": "How many requests may be in flight at the same time. Others: 503 " +
			"`GW_OVERLOADED`. See [Concurrency](rate-limits.md#concurrency).",
		"max_body_bytes": "Of a request's body, which is streamed whatever the limit. Over it: " +
			"413 `GW_BODY_TOO_LARGE`. 0 means no limit.",
		"allow_encoded_slash": "Let `%2F` in a path through, in the case in which it came. A " +
			"path stays 400 `GW_BAD_REQUEST`, as all with `%2F` are otherwise, where an endpoint " +
			"that " +
			"decodes it finds dot segments or a path of a more special route.",
		"allow_encoded_backslash": "The same for `%5C`, which some endpoints read as a slash.",
		"path_normalization":      "What is made of paths that endpoints read in different ways.",
		"headers": "Edits of header fields: removed first, then rewritten, then set, then added. " +
			"See [Header fields](#header-fields) for those that can't be edited, and " +
			"[docs/fields.md](fields.md) for what may stand in values.",
		"error_pages": "HTML that people see where a request ends with an error: clients whose " +
			"`Accept` prefers `text/html`. All others get what they would get without. The page " +
			"of a listener is shown where the route has none.",
		"cors": "Which pages of other origins may use the route. The gateway answers what " +
			"browsers ask before (preflight requests), and adds the fields to responses and to " +
			"its own errors; those of endpoints are left out.",
		"headers.response.set": "Field names with their values, as those of requests. They take " +
			"the place of what the endpoint has sent under these names.",
		"clients": "Which clients may use the route, by their addresses. Others: 403 " +
			"`GW_FORBIDDEN`.",
		"compress": "Compresses bodies of responses for clients that accept that. Absent: none; " +
			"`{}`: with these defaults. See [Compression](compress.md).",
		"mirror": "Sends copies of the requests to another cluster, and throws the answers away. " +
			"The requests themselves neither wait nor fail for it. A mapping, or a list of them " +
			"for several clusters. See [Mirror traffic](mirror.md).",
		"client_certificate": "Which clients may use the route, by their verified certificate. " +
			"Others: 403 `GW_FORBIDDEN`. Needs a listener with `tls.client_ca`.",
	}
}

// What becomes of the parameters of a path: /a;x=1/b.
const (
	ParametersSafe   = "safe"
	ParametersAllow  = "allow"
	ParametersRefuse = "refuse"
)

// PathNormalization says what is made of paths that endpoints read in different ways.
type PathNormalization struct {
	MergeSlashes bool   `config:"merge_slashes"`
	Parameters   string `config:"parameters,enum=safe|allow|refuse"`
}

func (PathNormalization) keyTexts() texts {
	return texts{
		"merge_slashes": "Send doubled slashes on as one. `false`: they go on as they came, for " +
			"endpoints such as S3 to which `a//b` and `a/b` are two objects. Routes are found by " +
			"the merged path either way; a path that dot segments make ambiguous is then 400 " +
			"`GW_BAD_REQUEST`.",
		"parameters": "What follows a `;` (or `%3B`) in a segment, which some endpoints " +
			"(Java) take off the path before they look at it. `safe`: 400 `GW_BAD_REQUEST` where " +
			"the path " +
			"without them has dot segments (`/..;/`), or is for another route that has `auth`, " +
			"`clients`, `client_certificate`, `rate_limit` or an enforced `openapi`, or does " +
			"not take the method. `refuse`: all of them are 400. `allow`: none is looked at.",
	}
}

// RouteClients says which clients with a verified certificate may use a route.
type RouteClients struct {
	Names []string `config:"names,required"`
}

func (RouteClients) keyTexts() texts {
	return texts{
		"names": "DNS names (`*.x` for one label), URIs (a `*` at the end for what begins so) or " +
			"subjects (`CN=ops,O=Example`). One of them has to be in the certificate.",
	}
}

// RouteAddresses says which clients may use a route, by their addresses.
type RouteAddresses struct {
	Allow []netip.Prefix `config:"allow"`
	Deny  []netip.Prefix `config:"deny"`
}

func (RouteAddresses) keyTexts() texts {
	return texts{
		"allow": "Ranges of addresses, one of which the client's address is in: the one after " +
			"the PROXY protocol, and after `X-Forwarded-For` of trusted proxies, as in " +
			"`when.clients`. Empty: all that `deny` does not have.",
		"deny": "Ranges of addresses that may not use the route, whatever `allow` says.",
	}
}

// Share is one cluster's part of a split route.
type Share struct {
	Cluster string `config:"cluster,required,ref"`
	Weight  int    `config:"weight,min=0,max=1000000"`
}

func (Share) keyTexts() texts {
	return texts{
		"cluster": "The cluster's name.",
		"weight":  "In proportion to the others'.",
	}
}

// Rewrite changes the path a route's upstream sees.
type Rewrite struct {
	StripPrefix   bool   `config:"strip_prefix"`
	ReplacePrefix string `config:"replace_prefix,form=prefix"`
}

func (Rewrite) keyTexts() texts {
	return texts{
		"strip_prefix": "Take `path_prefix` off; what is left starts with a slash. Where " +
			"`path_prefix` is written with a slash at its end, as `/app/`, a client that asks " +
			"for `/app` is sent to `/app/`: with 301, or 308 for other methods than GET and HEAD.",
		"replace_prefix": "Put this in the place of `path_prefix`. Written as `path_prefix` is.",
	}
}

// RouteTimeouts bounds how long requests of a route may take. 0 means no limit.
type RouteTimeouts struct {
	Request time.Duration `config:"request"`
	// BodyIdle is nil where the cluster's counts.
	BodyIdle *time.Duration `config:"body_idle"`
	GRPC     time.Duration  `config:"grpc"`
	Idle     time.Duration  `config:"idle"`
}

func (RouteTimeouts) keyTexts() texts {
	return texts{
		"request": "From the end of the request to the head of the response. The shorter of this " +
			"and the cluster's `response` counts. Not for gRPC calls.",
		"body_idle": "As the cluster's, in its place. Absent: the cluster's.",
		"grpc": "The longest deadline of a gRPC call: a longer `grpc-timeout` is shortened to " +
			"it, and a call without one gets it. `0s`: the client's deadline alone counts.",
		"idle": "For a tunnel, such as a WebSocket, and for a gRPC call, without a byte either " +
			"way.",
	}
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
	On       []string `config:"on,form=retry"`
	Budget   Percent  `config:"budget"`
}

func (Retry) keyTexts() texts {
	return texts{
		"attempts": "The first one included.",
		"on": "`connect` (no connection could be made), `reset` (it broke before an answer), or " +
			"a status from `500` to `599` in quotes. For gRPC calls `unavailable` and " +
			"`resource-exhausted`: the server answered nothing but that status, by which it says " +
			"that it did nothing.",
		"budget": "Share of a cluster's requests that may be retries. A request that no endpoint " +
			"has seen needs none, unless it is `0%`.",
	}
}
