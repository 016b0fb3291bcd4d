// Package healthpb is the protocol of the health aggregator, health.proto, and the code that
// tools/gen makes of it.
package healthpb
