// Package answers is the files of the scenario in this folder.
package answers

import "embed"

// Files are the configuration, the text for people, and a page.
//
//go:embed gateway.yaml README.md pages
var Files embed.FS
