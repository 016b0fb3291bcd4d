package cli

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/fromcaddy"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/fromnginx"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/fromtraefik"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// importers read the files of other products into a draft.
func importers() map[string]func(files []string, d *draft.Draft) error {
	return map[string]func([]string, *draft.Draft) error{
		fromcaddy.Product: one(fromcaddy.Import),
		fromnginx.Product: one(fromnginx.Import), fromtraefik.Product: fromtraefik.Import,
	}
}

// one is an importer of products whose configuration begins with one file.
func one(read func(string, *draft.Draft) error) func([]string, *draft.Draft) error {
	return func(files []string, d *draft.Draft) error { return read(files[0], d) }
}

// imported is the body of config import --json.
type imported struct {
	Config string         `json:"config"`
	Notes  []importedNote `json:"notes"`
	// Files go beside the configuration.
	Files []importedFile `json:"files"`
}

type importedFile struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// importedNote is one thing that is not as it was.
type importedNote struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	What string `json:"what"`
	// LeftOut says that it was not carried over at all.
	LeftOut bool   `json:"left_out"`
	Why     string `json:"why"`
}

func (a *app) importCommand() *cobra.Command {
	var out string
	var asJSON, force bool
	products := slices.Sorted(maps.Keys(importers()))
	c := &cobra.Command{
		Use:   "import PRODUCT FILE...",
		Short: "Make a configuration out of that of another product",
		Long: `import reads the configuration of another product (` + strings.Join(products, ", ") +
			`) and writes one for this gateway.
Comments in it say where each listener, cluster and route comes from. What can't be carried over, or means something else
here, is listed on stderr and at the top of the result, with the file, the line and the reason. Nothing of the other product
is run or changed.

What kept clients away and can't be carried over, such as passwords, leaves its routes closed, and not open. docs/from-PRODUCT.md
says what becomes of what.

Of nginx it reads nginx.conf with what that includes, of Caddy a Caddyfile, of Traefik files of the dynamic configuration in
YAML or TOML, and the static one beside them for its entry points.

Users with passwords that stand in a Caddyfile or in a file of Traefik go into a file beside that of -o. Without -o, --json has
it, and the result on stdout names a file that is not there.

The result is valid where the files that it names, such as certificates, are: gateway config validate tells. Without -o it is
written to stdout. The exit code is 0 with or without a list, 1 when a file can't be read or is broken (then with line and
column), or when nothing in it is for a gateway, and 2 when the command line makes no sense.`,
		Example: `  gateway config import nginx /etc/nginx/nginx.conf -o gateway.yaml
  gateway config import traefik dynamic.yaml traefik.yaml -o gateway.yaml
  gateway config validate gateway.yaml`,
		ValidArgsFunction: func(
			_ *cobra.Command, args []string, _ string,
		) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return products, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return usage(c, "%s: PRODUCT is missing: %s", c.CommandPath(),
					strings.Join(products, ", "))
			case !slices.Contains(products, args[0]):
				return usage(c, "%s knows no product %q%s", c.CommandPath(), args[0],
					suggest(args[0], products, "; it knows "))
			case len(args) == 1:
				return usage(c, "%s: FILE is missing", c.CommandPath())
			case len(args) > 2 && args[0] != fromtraefik.Product:
				return usage(c, "%s: %q is one argument too many", c.CommandPath(), args[2])
			case slices.Contains(args, ""):
				return usage(c, "%s: the name of a file is empty", c.CommandPath())
			}
			return a.importFrom(args[0], args[1:], out, asJSON, force)
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "write the result into this `file`")
	c.Flags().BoolVar(&force, "force", false, "overwrite the file of -o")
	jsonFlag(c, &asJSON)
	return c
}

func (a *app) importFrom(product string, files []string, out string, asJSON, force bool) error {
	if err := absent(out, force); err != nil {
		return err
	}
	d := draft.New(product, filepath.Dir(cmp.Or(out, "gateway.yaml")))
	if err := importers()[product](files, d); err != nil {
		return err
	}
	text, err := d.Finish()
	notes := d.Notes()
	if !asJSON || err != nil {
		for _, n := range notes {
			before, after, _ := strings.Cut(n.String(), "`")
			a.err.Printf("%s`%s\n", a.err.Paint(terminal.Yellow, before), after)
		}
	}
	if err != nil {
		return errors.New(files[0] + ": " + err.Error())
	}
	if out != "" {
		for _, f := range d.Files() {
			if err := absent(filepath.Join(d.Dir, f.Name), force); err != nil {
				return err
			}
		}
		for _, f := range d.Files() {
			path := filepath.Join(d.Dir, f.Name)
			if err := os.WriteFile(path, []byte(f.Text), 0o600); err != nil {
				return err
			}
			a.err.Printf("%s is written\n", path)
		}
		// It may hold what was secret in the file that it comes from.
		if err := os.WriteFile(out, []byte(text), 0o600); err != nil {
			return err
		}
		a.err.Printf("%s is written; %s checks it\n", out,
			"gateway config validate "+out)
	}
	switch {
	case asJSON:
		body := imported{Config: text, Notes: []importedNote{}, Files: []importedFile{}}
		for _, f := range d.Files() {
			body.Files = append(body.Files, importedFile(f))
		}
		for _, n := range notes {
			body.Notes = append(body.Notes, importedNote{n.File, n.Line, n.What, !n.Kept, n.Why})
		}
		return a.out.JSON(body)
	case out == "":
		_, err := io.WriteString(a.Stdout, text)
		return err
	}
	return nil
}

// absent is an error where a file is there that must not be overwritten.
func absent(path string, force bool) error {
	if path == "" || force {
		return nil
	}
	if _, err := os.Lstat(path); err == nil {
		return &fs.PathError{Op: "write", Path: path,
			Err: errors.New("it is there already; --force overwrites it")}
	}
	return nil
}
