// Package contract is the files of the scenario in this folder.
package contract

import "embed"

// Files are the configuration, the text for people, and the document of the API.
//
//go:embed gateway.yaml README.md api.yaml
var Files embed.FS
