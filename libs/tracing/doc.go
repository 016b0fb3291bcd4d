// Package tracing tells a collector of OpenTelemetry what became of requests.
//
// The engine hands over a [Request] when it has ended, and goes on: an [Exporter] keeps it in a
// queue of bounded size, and a goroutine of its own makes spans of it and sends them. A collector
// that is away, slow or hostile costs spans, which are counted, and nothing else.
//
// Only what is recorded comes here. Which requests are, and what their header fields say, is
// decided before.
//
//	request.go   what is told of a request
//	semconv.go   the names that the semantic conventions give to that
//	spans.go     spans out of requests
//	resource.go  who tells it
//	exporter.go  the queue, and the goroutine that empties it
//	counts.go    what became of spans
//	target.go    the connection to a collector
package tracing
