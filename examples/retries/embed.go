// Package retries is the files of the scenario in this folder.
package retries

import "embed"

// Files are the configuration, the text for people, and an upstream.
//
//go:embed gateway.yaml README.md shop.py
var Files embed.FS
