// Package canary is the files of the scenario in this folder.
package canary

import "embed"

// Files are the configuration, the text for people, and what the two versions serve.
//
//go:embed gateway.yaml README.md stable canary
var Files embed.FS
