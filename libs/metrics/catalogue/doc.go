// Package catalogue lists the metrics that services expose: what docs/metrics.md is rendered from,
// and what a test holds against the services themselves. It is no part of any service. A new metric
// needs a row here; the test in services/gateway/exposed says what the row has to be.
package catalogue
