package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func (a *app) manCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "man --dir DIR",
		Short: "Write manual pages",
		Long: `man writes a manual page for each command into a directory, which is made when it is not there. SOURCE_DATE_EPOCH sets
the date in the pages.`,
		Example: "  gateway man --dir /usr/local/share/man/man1 && man gateway-config-show",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if dir == "" {
				return usage(c, "%s: --dir is missing", c.CommandPath())
			}
			return a.writeManual(c.Root(), dir)
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "the `directory` to write to")
	_ = c.MarkFlagDirname("dir")
	return c
}

func (a *app) writeManual(root *cobra.Command, dir string) error {
	now := time.Now()
	if seconds, err := strconv.ParseInt(a.Env("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		now = time.Unix(seconds, 0).UTC()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the directory of the manual: %w", err)
	}
	root.DisableAutoGenTag = true
	header := doc.GenManHeader{
		Section: "1", Source: "gateway " + a.Version, Manual: "Gateway Manual", Date: &now,
	}
	if err := doc.GenManTree(root, &header, dir); err != nil {
		return fmt.Errorf("write the manual: %w", err)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "gateway*.1"))
	if err != nil {
		return fmt.Errorf("count the pages of the manual: %w", err)
	}
	a.err.Printf("%s in %s\n", plural(len(pages), "page"), dir)
	return nil
}
