// Package everyday is the files of the scenario in this folder.
package everyday

import "embed"

// Files are the configuration, its pages, and the text for people.
//
//go:embed gateway.yaml README.md jwks.json pages users.htpasswd
var Files embed.FS
