// Package metrics counts what the gateway does, under the names Prometheus users rely on.
//
// The values of the hot path are plain atomics. The code that builds a plan asks the [Registry]
// once for the [Route], [Upstream] and [Listener] it needs and keeps the pointers, so that a
// request looks up no label; the same key always gives the same pointer, which is how counters
// survive a reload. A collector reads them when Prometheus scrapes [Registry.Handler].
package metrics
