// Package load asks a proxy for things: with wrk as fast as it answers, once as soon as it is up,
// and from thousands of connections that then stay idle.
package load
