// Package demo is the upstream that a gateway without a configuration starts for itself.
//
// It serves the API of openspec/demo.yaml on whatever listener it is given, so that the first
// request of a newcomer shows a proxied answer. Its index tells which fields the gateway added on
// the way.
package demo
