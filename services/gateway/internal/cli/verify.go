package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/checksums"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// verified is what verify --json says of a file.
type verified struct {
	File   string `json:"file"`
	OK     bool   `json:"ok"`
	SHA256 string `json:"sha256,omitempty"` // what the file has
	Want   string `json:"want,omitempty"`   // what the list has
	Error  string `json:"error,omitempty"`
}

// verifyFlags say what files are held against.
type verifyFlags struct {
	sums, key, signature string
	asJSON               bool
}

func (a *app) verifyCommand() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:   "verify FILE… --sums SHA256SUMS",
		Short: "Check that downloaded files are those of a release",
		Long: `verify compares the SHA-256 of files with that in SHA256SUMS of a release. With --key the list itself is checked too: its
signature, SHA256SUMS.sig beside it, must be of the owner of that key. A file that is not listed is an error.`,
		Example: `  gateway verify gateway_0.6.0_linux_amd64.tar.gz --sums SHA256SUMS
  gateway verify gateway_*.tar.gz --sums SHA256SUMS --key cosign.pub`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return usage(c, "%s needs a FILE", c.CommandPath())
			case f.sums == "":
				return usage(c, "%s: --sums is missing: SHA256SUMS of the release", c.CommandPath())
			case f.signature != "" && f.key == "":
				return usage(c, "%s: --signature needs --key, the public key of who signed",
					c.CommandPath())
			}
			return a.verify(f, args)
		},
	}
	c.Flags().StringVar(&f.sums, "sums", "", "the `file` SHA256SUMS of the release")
	c.Flags().StringVar(&f.key, "key", "", "a `file` with the public key of who signed the list")
	c.Flags().StringVar(&f.signature, "signature", "",
		"the `file` with the signature (default: that of --sums with .sig)")
	for _, name := range []string{"sums", "key", "signature"} {
		_ = c.MarkFlagFilename(name)
	}
	jsonFlag(c, &f.asJSON)
	return c
}

func (a *app) verify(f verifyFlags, files []string) error {
	text, err := os.ReadFile(f.sums)
	if err != nil {
		return fmt.Errorf("--sums: %w", err)
	}
	if f.key != "" {
		if err := f.signed(text); err != nil {
			return err
		}
	}
	listed, err := checksums.Parse(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", f.sums, err)
	}
	want := map[string]string{}
	for _, s := range listed {
		want[s.Name] = s.Hex
	}
	var all []verified
	failed := false
	for _, file := range files {
		v := compare(file, want[filepath.Base(file)], f.sums)
		failed = failed || !v.OK
		all = append(all, v)
	}
	if f.asJSON {
		if err := a.out.JSON(all); err != nil {
			return err
		}
	} else {
		a.printVerified(all)
	}
	if failed {
		return errFailed
	}
	return nil
}

// signed holds the list against its signature.
func (f verifyFlags) signed(text []byte) error {
	key, err := os.ReadFile(f.key)
	if err != nil {
		return fmt.Errorf("--key: %w", err)
	}
	file := f.signature
	if file == "" {
		file = f.sums + ".sig"
	}
	signature, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("the signature: %w", err)
	}
	err = checksums.Verify(key, text, string(signature))
	if errors.Is(err, checksums.ErrSignature) {
		return fmt.Errorf("%s is not signed by the owner of %s: do not use these files", f.sums,
			f.key)
	}
	if err != nil {
		return fmt.Errorf("%s with %s: %w", file, f.key, err)
	}
	return nil
}

func compare(file, want, list string) verified {
	v := verified{File: file, Want: want}
	got, err := checksums.Of(file)
	switch {
	case err != nil:
		v.Error = err.Error()
	case want == "":
		v.SHA256, v.Error = got.Hex, "it is not in "+list
	case got.Hex != want:
		v.SHA256, v.Error = got.Hex, "it is another file: download it again"
	default:
		v.SHA256, v.OK = got.Hex, true
	}
	return v
}

func (a *app) printVerified(all []verified) {
	for _, v := range all {
		if v.OK {
			a.out.Printf("%s %s\n", a.out.Paint(terminal.Green, "ok"), v.File)
			continue
		}
		a.out.Printf("%s %s: %s\n", a.out.Paint(terminal.Red, "FAILED"), v.File, v.Error)
	}
}
