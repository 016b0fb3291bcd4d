// Package fleettest has nodes for tests of config-sync: they speak its protocol over real
// connections, and do to what they are given what a test wants. It is for tests only.
package fleettest
