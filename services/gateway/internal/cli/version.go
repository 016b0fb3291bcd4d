package cli

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/config/reference"
	"github.com/gatewayhomebrew/gateway/libs/program"
)

// build is the body of version --json.
type build struct {
	Version      string `json:"version"`
	Commit       string `json:"commit"`
	Go           string `json:"go"`
	OS           string `json:"os"`
	Arch         string `json:"arch"`
	SchemaDigest string `json:"schema_digest"` // of the JSON Schema of a configuration, SHA-256
}

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long: `version prints the version, the commit it was built from, the version of Go, the system it is for, and the digest of the
schema of the configuration: two gateways with one digest take the same configurations.`,
		Example: "  gateway version --json",
		Args:    noArgs,
		RunE:    func(*cobra.Command, []string) error { return a.printVersion(asJSON) },
	}
	jsonFlag(c, &asJSON)
	return c
}

func (a *app) printVersion(asJSON bool) error {
	b := build{
		Version: a.Version, Commit: a.Commit, Go: runtime.Version(),
		OS: runtime.GOOS, Arch: runtime.GOARCH,
		SchemaDigest: reference.SchemaDigest(),
	}
	if asJSON {
		return a.out.JSON(b)
	}
	a.out.Printf("%s, schema %s\n", program.VersionLine("gateway", a.Version, a.Commit),
		short(b.SchemaDigest))
	return nil
}
