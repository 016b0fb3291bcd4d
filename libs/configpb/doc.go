// Package configpb is the protocol of config-sync, configsync.proto, and the code that tools/gen
// makes of it.
//
// Only the two ends of the protocol import it: configwire in nodes, configserver in config-sync,
// and the command line that talks to config-sync.
package configpb
