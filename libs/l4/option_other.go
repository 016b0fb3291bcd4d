//go:build !linux

package l4

import "net"

// listenConfig lets package net set the probes on each connection that is accepted: only Linux is
// known to hand them down from the listening socket.
func listenConfig() net.ListenConfig {
	return net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: keepIdle, Interval: keepInterval, Count: keepCount,
	}}
}
