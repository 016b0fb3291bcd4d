// Package configserver is config-sync: it takes the configurations that operators publish, has them
// checked and stored, and drives each through the nodes that watch it.
//
// A [Server] puts three packages together. libs/rollout decides, libs/configstore remembers, and
// libs/configpb is how operators and nodes talk. Every decision is one record, stored before it is
// acted on: a server that is killed at any moment and started again, or another replica, goes on
// from the last record. All replicas append; the one that leads also asks the machine for the next
// decision. A replica that thinks it leads and does not loses nothing but an append.
//
// What nodes say is not stored. Each replica posts it to the others for as long as it lives.
//
// [Service] is the program around it: flags, TLS, the admin endpoints.
package configserver
