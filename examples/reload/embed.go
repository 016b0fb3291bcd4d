// Package reload is the files of the scenario in this folder.
package reload

import "embed"

// Files are the configuration, the text for people, and what the two upstreams serve.
//
//go:embed gateway.yaml README.md blue green
var Files embed.FS
