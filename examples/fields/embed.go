// Package fields is the files of the scenario in this folder.
package fields

import "embed"

// Files are the configuration and the text for people.
//
//go:embed gateway.yaml README.md
var Files embed.FS
