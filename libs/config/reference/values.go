package reference

// values say what each word of an enumeration means, by the path of its key and in the order of
// its words. Editors show them beside the words. A test wants one for each word.
var values = map[string][]string{
	"listeners[].protocol": {
		"Requests of HTTP/1.1 and HTTP/2, which routes share out.",
		"Bytes of any protocol, which go to a cluster.",
	},
	"listeners[].tls.min_version": versions,
	"listeners[].tls.alpn":        alpn,
	"healthagg.tls.min_version":   versions,
	"healthagg.tls.alpn":          alpn,
	"routes[].compress.algorithms": {
		"Zstandard (RFC 8878).", "Brotli (RFC 7932).", "gzip (RFC 1952).",
	},
	"clusters[].protocol":          {"HTTP/1.1.", "HTTP/2 over TLS.", "HTTP/2 in clear text."},
	"clusters[].security.mode":     modes,
	"config_sync.security.mode":    modes,
	"auth.forward[].security.mode": modes,
	"tracing.otlp.security.mode":   modes,
	"listeners[].tls.client_auth":  clientAuth,
	"healthagg.tls.client_auth":    clientAuth,
	"auth.forward[].on_error": {
		"They are refused with 503.", "They go on, without scopes and roles.",
	},
	"clusters[].health.active.type": {
		"A GET request, in the cluster's protocol.",
		"A connection, secured if the cluster is.",
		"The call grpc.health.v1.Health/Check.",
	},
	"clusters[].health.active.from": {
		"Each edge and relay asks for itself.",
		"Health aggregators ask, and tell the others by gossip.",
	},
	"clusters[].balance.policy": {
		"Endpoints take turns, smoothly, by weight.",
		"Of two by chance, the one with fewer in flight for its weight.",
		"What has one key goes to one endpoint, within 1.25 of its share.",
	},
	"clusters[].proxy_protocol": {
		"No PROXY header.", "A PROXY header in text.", "A PROXY header in binary.",
	},
	"clusters[].reuse": {
		"Connections serve any client's requests.",
		"The first request of a client's connection gets a new one.",
		"Each client's connection has its own.",
	},
	"clusters[].via": {
		"Requests go on with a Via field that names the gateway.",
		"Requests go on without a Via field.",
	},
	"routes[].path_normalization.parameters": {
		"400 where the path without them is another one that matters.",
		"None is looked at.",
		"400 for every path that has some.",
	},
	"routes[].rate_limit[].scope": {
		"Each gateway counts for itself.", "The gateways of a fleet share it.",
	},
	"routes[].mirror[].compare.body": {
		"Bodies are not compared.", "What they say as JSON is compared.",
		"They are compared byte by byte.",
	},
	"routes[].redirect.query": {
		"The client's query goes on.", "The client is sent on without its query.",
	},
	"routes[].error_pages[].from":    errorsOf,
	"listeners[].error_pages[].from": errorsOf,
	"routes[].openapi.requests":      contract,
	"routes[].openapi.responses":     contract,
	"routes[].openapi.unchecked":     {"It goes on.", "It is refused."},
	"access_log.format": {
		"Text on a terminal, JSON elsewhere.", "One JSON object a line.",
		"One readable line, with colours on a terminal.",
	},
	"access_log.redact.fields": {
		"Who was let in: the subject.", "What it failed for.", "The client's address.",
		"What the OpenAPI document says against a request.", "The host.", "The path.",
		"The query.", "The subject of the client's certificate.", "The User-Agent field.",
	},
	"access_log.errors": {
		"Every 5xx is logged.", "5xx are sampled like the others.", "No 5xx is logged.",
	},
	"tracing.otlp.protocol":    {"OTLP over gRPC.", "OTLP over HTTP."},
	"tracing.otlp.compression": {"Batches are compressed.", "Batches go as they are."},
	"tracing.trust": {
		"A client may say of which trace its request is, and whether that is recorded.",
		"Only trusted proxies may.",
	},
	"tracing.b3": {
		"B3 goes on in the form in which it came.", "Endpoints get the field b3.",
		"Endpoints get X-B3-TraceId and its like.",
	},
}

var (
	versions = []string{"TLS 1.2 and 1.3.", "TLS 1.3 only."}
	alpn     = []string{"HTTP/2.", "HTTP/1.1."}
	modes    = []string{
		"Connections in clear text.",
		"TLS; the other side shows a certificate.",
		"TLS; both sides show a certificate.",
	}
	clientAuth = []string{
		"A client without a certificate gets no further than the handshake.",
		"A client may show none, and routes decide.",
	}
)

var errorsOf = []string{
	"Errors of the gateway itself.",
	"Errors that an endpoint answers with.",
	"Errors of the gateway and of endpoints.",
}

var contract = []string{
	"Nothing is held against the contract.",
	"What does not fit is told, and goes on.",
	"What does not fit is refused.",
}
