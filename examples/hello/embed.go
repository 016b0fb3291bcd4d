// Package hello is the files of the scenario in this folder.
package hello

import "embed"

// Files are the configuration, the text for people, and what the upstream serves.
//
//go:embed gateway.yaml README.md www
var Files embed.FS
