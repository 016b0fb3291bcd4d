package cli

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
)

// firstConfig is what init writes: a configuration that runs as it is.
//
//go:embed init.yaml
var firstConfig []byte

func (a *app) initCommand() *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a configuration to begin with",
		Long: `init writes a gateway.yaml with comments, which validates and runs as it is: it listens on 127.0.0.1:8080 and answers
by itself, until you name your app in it. FILE is another name for it. A file that is there is left alone without --force.`,
		Example: `  gateway init
  gateway init config/default.yaml`,
		ValidArgsFunction: files,
		Args:              cobra.MaximumNArgs(1),
	}
	c.Flags().BoolVar(&force, "force", false, "replace a file that is there")
	c.RunE = func(c *cobra.Command, args []string) error {
		name := "gateway.yaml"
		if len(args) == 1 {
			name = args[0]
		}
		if name == "" {
			return usage(c, "%s: the name of the file is empty", c.CommandPath())
		}
		flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
		if force {
			flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
		}
		f, err := os.OpenFile(name, flags, 0o644)
		switch {
		case errors.Is(err, fs.ErrExist):
			return fmt.Errorf("%s is there already, and was left as it is; --force replaces it",
				name)
		case err != nil:
			return fmt.Errorf("write a configuration: %w", err)
		}
		_, err = f.Write(firstConfig)
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("write a configuration: %w", err)
		}
		a.err.Printf("wrote %s; try: gateway run %s\n", name, name)
		return nil
	}
	return c
}
