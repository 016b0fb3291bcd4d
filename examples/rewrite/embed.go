// Package rewrite is the files of the scenario in this folder.
package rewrite

import "embed"

// Files are the configuration, the text for people, and an upstream.
//
//go:embed gateway.yaml README.md mirror.py
var Files embed.FS
