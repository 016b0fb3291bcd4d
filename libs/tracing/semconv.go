package tracing

// schema is the version of the semantic conventions that the names are of. A test holds them
// against the newest that go.opentelemetry.io/otel has.
const schema = "https://opentelemetry.io/schemas/1.43.0"

// Names of attributes.
const (
	keyClientAddress   = "client.address"
	keyErrorType       = "error.type"
	keyHostName        = "host.name"
	keyMethod          = "http.request.method"
	keyMethodOriginal  = "http.request.method_original"
	keyResendCount     = "http.request.resend_count"
	keyStatusCode      = "http.response.status_code"
	keyRoute           = "http.route"
	keyPeerAddress     = "network.peer.address"
	keyPeerPort        = "network.peer.port"
	keyProtocolName    = "network.protocol.name"
	keyProtocolVersion = "network.protocol.version"
	keyTransport       = "network.transport"
	keyRPCMethod       = "rpc.method"
	keyRPCStatus       = "rpc.response.status_code"
	keyRPCSystem       = "rpc.system.name"
	keyServerAddress   = "server.address"
	keyServerPort      = "server.port"
	keyInstance        = "service.instance.id"
	keyServiceName     = "service.name"
	keyServiceVersion  = "service.version"
	keyFull            = "url.full"
	keyPath            = "url.path"
	keyScheme          = "url.scheme"
	keyUserAgent       = "user_agent.original"
)

// Names of attributes of the gateway's own.
const (
	keyGatewayCluster   = "gateway.cluster"
	keyGatewayCode      = "gateway.code"
	keyGatewayListener  = "gateway.listener"
	keyGatewayMirror    = "gateway.mirror"
	keyGatewayRequestID = "gateway.request_id"
	keyGatewayRoute     = "gateway.route"
)

// Values of attributes.
const (
	otherMethod   = "_OTHER"
	systemGRPC    = "grpc"
	protocolHTTP  = "http"
	transportUnix = "unix"
)

// known are the methods that the conventions know.
func known(method string) bool {
	switch method {
	case "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE":
		return true
	}
	return false
}

// grpcNames are the statuses of gRPC by number.
var grpcNames = [...]string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
	"ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
	"OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

// GRPCName is the name of a status of gRPC, UNKNOWN for one that there is not.
func GRPCName(status int) string {
	if status < 0 || status >= len(grpcNames) {
		return "UNKNOWN"
	}
	return grpcNames[status]
}
