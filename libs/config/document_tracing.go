package config

import "time"

// Whose word about a trace is taken (Tracing.Trust).
const (
	TraceTrustAlways  = "always"
	TraceTrustProxies = "proxies"
)

// In which form endpoints get B3 (Tracing.B3).
const (
	B3Received = "received"
	B3Single   = "single"
	B3Multi    = "multi"
)

// Tracing says which requests leave a trace, and where it goes.
type Tracing struct {
	OTLP         OTLP    `config:"otlp"`
	Sample       float64 `config:"sample"`
	SampleErrors bool    `config:"sample_errors"`
	// Trust is TraceTrustAlways or TraceTrustProxies.
	Trust string `config:"trust,enum=always|proxies"`
	// B3 is B3Received, B3Single or B3Multi.
	B3         string            `config:"b3,enum=received|single|multi"`
	Service    string            `config:"service"`
	Attributes map[string]string `config:"attributes"`
	// Queue is how many spans wait to be sent at most.
	Queue int `config:"queue,min=16,max=1000000"`
}

func (Tracing) keyTexts() texts {
	return texts{
		"otlp": "The collector that gets the spans, by the OpenTelemetry protocol. Required.",
		"sample": "Share of the traces that begin here and are recorded, 0 to 1. A trace that " +
			"comes with a request is recorded if its caller says so.",
		"sample_errors": "Tell of each request that fails (5xx, a response that breaks off, a " +
			"status of gRPC that is the server's doing), also where its trace is not recorded.",
		"trust": "Whose word about a trace is taken: `always` the client's, or only that of " +
			"`proxies` in `trusted_proxies` of the listener. Anybody else's request begins a " +
			"trace of its own, with a link to the other.",
		"b3": "Endpoints get the fields of B3 too: in the form in which they were `received`, " +
			"or always, as the one field `b3` (`single`) or as `X-B3-TraceId` and its like " +
			"(`multi`). `traceparent` they get in any case.",
		"service": "The `service.name` of the spans. Absent: that of OTEL_SERVICE_NAME or " +
			"OTEL_RESOURCE_ATTRIBUTES, or else `gateway`.",
		"attributes": "More attributes of the resource, such as `deployment.environment.name`.",
		"queue": "How many spans may wait for the collector. What comes when there are as many " +
			"is dropped, and counted in `gateway_trace_spans_total`.",
	}
}

// Protocols of OTLP.
const (
	OTLPGRPC = "grpc"
	OTLPHTTP = "http"
)

// What of OTLP is compressed.
const (
	CompressionGzip = "gzip"
	CompressionNone = "none"
)

// OTLP is an OpenTelemetry collector.
type OTLP struct {
	Endpoint string `config:"endpoint,required,form=address"`
	// Protocol is OTLPGRPC or OTLPHTTP.
	Protocol string            `config:"protocol,enum=grpc|http"`
	Path     string            `config:"path,form=path"`
	Security Security          `config:"security"`
	Headers  map[string]string `config:"headers,secret"`
	// Compression is CompressionGzip or CompressionNone.
	Compression string        `config:"compression,enum=gzip|none"`
	Timeout     time.Duration `config:"timeout,positive"`
}

func (OTLP) keyTexts() texts {
	return texts{
		"endpoint": "`host:port`. Collectors listen on 4317 for gRPC and on 4318 for HTTP. " +
			"Required.",
		"protocol": "`grpc` or `http` (protobuf).",
		"path":     "With `protocol: http`, the path that spans are posted to.",
		"security": "How the connection is protected, as `clusters[].security`.",
		"headers": "Fields, or metadata of gRPC, that are sent along, such as `authorization`. " +
			"Secrets, never shown.",
		"compression": "`gzip` or `none`.",
		"timeout": "How long the collector may take for one batch of up to 512 spans, with " +
			"repeats. Then the batch is lost, and counted.",
	}
}
