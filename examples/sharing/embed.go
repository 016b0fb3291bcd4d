// Package sharing is the files of the scenario in this folder.
package sharing

import "embed"

// Files are the configuration, the text for people, and what the endpoints serve.
//
//go:embed gateway.yaml README.md one two spare next
var Files embed.FS
