// Package websocket opens thousands of WebSockets (RFC 6455) and is a server for them that echoes.
// It knows what that takes and no more: short text messages in one frame each.
//
// The server runs as a process of its own.
package websocket
