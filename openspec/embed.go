// Package openspec holds the OpenAPI documents of the gateway's own APIs.
//
// The documents are written first, by hand, except for errors.yaml, which is rendered from the
// catalogue in libs/gwerr. Beside them lies gateway.schema.json, the JSON Schema of a configuration
// file, which is rendered from libs/config. The tests of each implementation hold its answers
// against its document with package openspectest.
package openspec

import _ "embed"

// The documents, as YAML. OpenAPI 3.1.
var (
	//go:embed demo.yaml
	Demo string // the demo upstream, libs/demo

	//go:embed admin.yaml
	Admin string // the admin API, libs/admin

	//go:embed health.yaml
	Health string // what a health aggregator answers, libs/aggregator

	//go:embed configsync.yaml
	Configsync string // what config-sync answers over HTTP, libs/configserver

	//go:embed errors.yaml
	Errors string // what the gateway answers with by itself, libs/gwerr
)

// Documents returns all of them, by the names by which they refer to each other.
func Documents() map[string]string {
	return map[string]string{
		"admin.yaml": Admin, "configsync.yaml": Configsync, "demo.yaml": Demo,
		"errors.yaml": Errors, "health.yaml": Health,
	}
}

// Schema is the JSON Schema of a configuration file, rendered from libs/config.
//
//go:embed gateway.schema.json
var Schema string
