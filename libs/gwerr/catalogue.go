package gwerr

// catalogue is the one table. The gRPC statuses follow the gRPC project's HTTP mapping, except
// where gRPC has a more exact one.
var catalogue = [numCodes]Info{
	BadRequest: {
		Code: BadRequest, Name: "GW_BAD_REQUEST", Status: 400, GRPC: 13, Fault: Client,
		Summary: "The request is malformed.",
		Cause: "The request broke a rule of HTTP that proxies must not repair: its framing, " +
			"its target, its Host or one of its fields. Nothing of it reached an upstream. Over " +
			"HTTP/1 the connection is closed, over HTTP/2 only the stream.",
		Action: "Correct the client; the message says which rule. Field names with an " +
			"underscore and %2F in a path can be allowed by configuration.",
	},
	Unauthenticated: {
		Code: Unauthenticated, Name: "GW_UNAUTHENTICATED", Status: 401, GRPC: 16,
		Header: "WWW-Authenticate", Fault: Client,
		Summary: "The request carries no valid credentials.",
		Cause: "The route has auth, and the request had no credentials, or none that count. Or " +
			"the request is for the admin API, and it had no token, or another than admin.token.",
		Action: "Send credentials as WWW-Authenticate asks for them; gateway why and rule in the " +
			"access log say why those that came do not count. For the admin API send " +
			"`Authorization: Bearer` with the value of admin.token; gateway commands take it " +
			"from --token or GATEWAY_ADMIN_TOKEN.",
	},
	Forbidden: {
		Code: Forbidden, Name: "GW_FORBIDDEN", Status: 403, GRPC: 7, Fault: Client,
		Summary: "The credentials don't permit this request.",
		Cause: "The credentials lack a scope or a role that the route's auth wants. Or " +
			"the route's clients takes other addresses than the client's, or its " +
			"client_certificate other certificates, or the client showed none; or the request " +
			"is for the admin API and comes from a page " +
			"of another origin, or by a name that is not the admin API's.",
		Action: "Show a certificate with one of the names, or change the route's clients or " +
			"client_certificate; gateway why and rule in the access log name the range. " +
			"Ask the admin API by its address, and not from a web page.",
	},
	NoRoute: {
		Code: NoRoute, Name: "GW_NO_ROUTE", Status: 404, GRPC: 12, Fault: Client,
		Summary: "No route matches this host and path.",
		Cause: "No route is for the host, or none of those is for the path, or the request does " +
			"not meet the conditions (when) of those that are left.",
		Action: "Compare Host, path and conditions with the routes: gateway config show --route " +
			"'GET host/path' says for each route why it is not taken.",
	},
	MethodNotAllowed: {
		Code: MethodNotAllowed, Name: "GW_METHOD_NOT_ALLOWED", Status: 405, GRPC: 12,
		Header: "Allow", Fault: Client,
		Summary: "The route doesn't take this method.",
		Cause: "Routes match the host and path, but none of them lists the method; or the method " +
			"is TRACE, which the gateway lets through for nobody.",
		Action: "Use a method of the Allow field, or add the method, unless it is TRACE, to a " +
			"route.",
	},
	RequestTimeout: {
		Code: RequestTimeout, Name: "GW_REQUEST_TIMEOUT", Status: 408, GRPC: 4, Fault: Client,
		Summary: "The request arrived too slowly.",
		Cause: "The head wasn't complete within the listener's timeouts.header, or the body " +
			"paused for longer than timeouts.body_idle, or came slower than " +
			"limits.min_body_rate. In the log and in gateway why also: the client did not take " +
			"the response in time; the message says which.",
		Action: "Retry. If slow clients are expected, raise the timeout, or lower the rate, on " +
			"the listener.",
	},
	BodyTooLarge: {
		Code: BodyTooLarge, Name: "GW_BODY_TOO_LARGE", Status: 413, GRPC: 8, Fault: Client,
		Summary: "The request body is too large.",
		Cause:   "The body is, or became, larger than the route's max_body_bytes.",
		Action:  "Send less, or raise max_body_bytes on the route.",
	},
	URITooLong: {
		Code: URITooLong, Name: "GW_URI_TOO_LONG", Status: 414, GRPC: 8, Fault: Client,
		Summary: "The request line is too long.",
		Cause:   "The request line is longer than the listener's limits.max_request_line_bytes.",
		Action:  "Shorten the target, or raise the limit on the listener.",
	},
	ContractRequest: {
		Code: ContractRequest, Name: "GW_CONTRACT_REQUEST", Status: 400, GRPC: 3, Fault: Client,
		Summary: "The request doesn't match the API's description.",
		Cause: "The route enforces an OpenAPI document for requests, and a parameter, field or " +
			"the body breaks it.",
		Action: "Correct the request as the message says, or the document if that is " +
			"what is wrong.",
	},
	ContractResponse: {
		Code: ContractResponse, Name: "GW_CONTRACT_RESPONSE", Status: 502, GRPC: 13,
		Fault:   Upstream,
		Summary: "The upstream's response doesn't match the API's description.",
		Cause: "The route enforces an OpenAPI document for responses, and the upstream's " +
			"answer breaks it.",
		Action: "Correct the upstream or the document. `responses: shadow` reports " +
			"without refusing.",
	},
	Misdirected: {
		Code: Misdirected, Name: "GW_MISDIRECTED", Status: 421, GRPC: 14, Fault: Client,
		Summary: "This connection doesn't serve that host.",
		Cause: "The host of the request isn't covered by the certificate or the server name of " +
			"the TLS connection it came on.",
		Action: "Retry on a new connection; clients that coalesce connections do so by " +
			"themselves.",
	},
	RateLimited: {
		Code: RateLimited, Name: "GW_RATE_LIMITED", Status: 429, GRPC: 8, Header: "Retry-After",
		Fault:   Client,
		Summary: "Too many requests.",
		Cause: "The client used up the route's rate_limit, or its address sent too many wrong " +
			"passwords (auth.basic). The message says which.",
		Action: "Wait for as long as Retry-After says.",
	},
	HeadersTooLarge: {
		Code: HeadersTooLarge, Name: "GW_HEADERS_TOO_LARGE", Status: 431, GRPC: 8, Fault: Client,
		Summary: "The request's header fields are too large or too many.",
		Cause: "The head is larger than the listener's limits.max_header_bytes or has more " +
			"fields than limits.max_headers; or, where the message names " +
			"SETTINGS_MAX_HEADER_LIST_SIZE, it is larger than the endpoint takes over HTTP/2.",
		Action: "Send fewer or smaller fields (cookies are the usual reason), or raise the " +
			"limit: on the listener, or in the endpoint if the message says that it is its own.",
	},
	Internal: {
		Code: Internal, Name: "GW_INTERNAL", Status: 500, GRPC: 13, Fault: Gateway,
		Summary: "The gateway failed.",
		Cause:   "A defect of the gateway.",
		Action:  "Report it with the correlation_id and the log lines that carry it.",
	},
	NotImplemented: {
		Code: NotImplemented, Name: "GW_NOT_IMPLEMENTED", Status: 501, GRPC: 12, Fault: Client,
		Summary: "The gateway doesn't support what the request asks for.",
		Cause: "The request needs a transfer coding or a method, such as CONNECT, that the " +
			"gateway does not offer.",
		Action: "Send the request without it.",
	},
	UpstreamConnect: {
		Code: UpstreamConnect, Name: "GW_UPSTREAM_CONNECT", Status: 502, GRPC: 14, Fault: Upstream,
		Summary: "The upstream can't be reached.",
		Cause: "The connection to the endpoint was refused or failed, its name didn't resolve, " +
			"or it took longer than the cluster's timeouts.connect.",
		Action: "Check that the endpoint runs and listens on the configured address. cause in " +
			"the log, and gateway why, name the endpoint and the system's error.",
	},
	UpstreamTLS: {
		Code: UpstreamTLS, Name: "GW_UPSTREAM_TLS", Status: 502, GRPC: 14, Fault: Upstream,
		Summary: "No trusted TLS connection to the upstream.",
		Cause: "The TLS handshake with the endpoint failed: its certificate isn't trusted or " +
			"is for another name, or it refused the gateway's, with TLS 1.3 after the handshake.",
		Action: "Check the cluster's security settings (ca, server_name, cert) against the " +
			"endpoint's certificate. gateway why, cause in the log and last_failure in " +
			"/status name the reason.",
	},
	UpstreamReset: {
		Code: UpstreamReset, Name: "GW_UPSTREAM_RESET", Status: 502, GRPC: 14, Fault: Upstream,
		Summary: "The upstream closed the connection before it answered.",
		Cause: "The endpoint closed or reset the connection after it got the request and " +
			"before the head of a response was complete. In the log and in gateway why also " +
			"beside the status that the client got: the response broke off within its body.",
		Action: "Look at the endpoint's own log at that time: a crash, a restart, or a limit. " +
			"gateway why says how it ended, and how far it was.",
	},
	UpstreamProtocol: {
		Code: UpstreamProtocol, Name: "GW_UPSTREAM_PROTOCOL", Status: 502, GRPC: 13,
		Fault:   Upstream,
		Summary: "The upstream's response is malformed.",
		Cause: "The endpoint answered with something that isn't valid HTTP, or with a head " +
			"over the limits. Its connection was closed. In the log and in gateway why also " +
			"beside the status that the client got: its body broke the rules later.",
		Action: "Check that the endpoint speaks the cluster's protocol, then correct " +
			"its response.",
	},
	NoHealthyEndpoint: {
		Code: NoHealthyEndpoint, Name: "GW_NO_HEALTHY_ENDPOINT", Status: 503, GRPC: 14,
		Fault:   Upstream,
		Summary: "No endpoint can take the request.",
		Cause:   "Every endpoint of the cluster has weight zero or is out of service.",
		Action:  "See /status for each endpoint's weight and the reason for it.",
	},
	Overloaded: {
		Code: Overloaded, Name: "GW_OVERLOADED", Status: 503, GRPC: 14, Fault: Gateway,
		Summary: "The gateway is at a limit.",
		Cause: "A limit on connections or on waiting requests, of a listener, a cluster or the " +
			"whole process, or the limit of a route is reached, memory is short, or the system " +
			"gave no descriptor, port or memory. The message says which.",
		Action: "Retry later. If it lasts, add endpoints or raise the limit: max_connections or " +
			"max_pending, or the process's own (ulimit -n, LimitNOFILE=).",
	},
	AuthUnavailable: {
		Code: AuthUnavailable, Name: "GW_AUTH_UNAVAILABLE", Status: 503, GRPC: 14,
		Fault:   Gateway,
		Summary: "Who sent the request can't be found out at the moment.",
		Cause: "What the route's auth needs is not there: the keys of an issuer that has not " +
			"been reached yet, or the answer of a server that is asked about requests.",
		Action: "Retry. gateway why and rule in the access log name what is missing.",
	},
	Draining: {
		Code: Draining, Name: "GW_DRAINING", Status: 503, GRPC: 14, Fault: Gateway,
		Summary: "The gateway is shutting down.",
		Cause: "The process was told to stop and takes no new requests, or the request was still " +
			"being served when drain.timeout was over.",
		Action: "Retry; another instance will answer.",
	},
	UpstreamTimeout: {
		Code: UpstreamTimeout, Name: "GW_UPSTREAM_TIMEOUT", Status: 504, GRPC: 4, Fault: Upstream,
		Summary: "The upstream didn't answer in time.",
		Cause: "The head of the response didn't arrive within the route's timeouts.request, the " +
			"cluster's timeouts.response or the deadline of a gRPC call, or the endpoint stopped " +
			"reading the request's body. In the log and in gateway why also beside the status " +
			"that the client got: its body paused for longer than the cluster's or route's " +
			"timeouts.body_idle.",
		Action: "Find out why the endpoint is slow, or raise the timeout that the message is " +
			"about.",
	},
	HTTPVersion: {
		Code: HTTPVersion, Name: "GW_HTTP_VERSION", Status: 505, GRPC: 12, Fault: Client,
		Summary: "The gateway doesn't speak that HTTP version.",
		Cause:   "The request line names a version other than HTTP/1.0 and HTTP/1.1.",
		Action:  "Use HTTP/1.1 or HTTP/2.",
	},
	LoopDetected: {
		Code: LoopDetected, Name: "GW_LOOP_DETECTED", Status: 508, GRPC: 14, Fault: Gateway,
		Summary: "The request has been here before.",
		Cause: "The Via field of the request names this process: an endpoint leads back to a " +
			"listener of its own, at once or by way of another proxy.",
		Action: "Look at the endpoints of the route's cluster, and at what stands behind them.",
	},
}
