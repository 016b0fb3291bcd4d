// Package fleetrollout holds the files of this example, so that binaries can carry it; its test
// does what its README says.
package fleetrollout

import "embed"

// Files are the configuration, the README and what else the example needs.
//
//go:embed gateway.yaml node.yaml README.md
var Files embed.FS
