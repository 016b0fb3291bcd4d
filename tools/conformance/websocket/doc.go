// Package websocket counts what many open WebSockets cost the edge, as a process of its own. It is
// tests only.
package websocket
