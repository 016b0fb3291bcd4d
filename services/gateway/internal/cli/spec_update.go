package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/config"
	filesystem "github.com/gatewayhomebrew/gateway/libs/files"
	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/specedit"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// specUpdate are the flags of spec update.
type specUpdate struct {
	spec, config, cluster, contract string
	hosts                           []string
	fromRoutes, write, json         bool
}

// updated is the body of spec update --json.
type updated struct {
	File    string            `json:"file"` // that is added to
	Written bool              `json:"written"`
	Changes []specedit.Change `json:"changes"`
}

// noContract is the value of --contract for routes without openapi.
const noContract = "none"

func (a *app) specUpdateCommand() *cobra.Command {
	var f specUpdate
	c := &cobra.Command{
		Use:   "update --spec FILE",
		Short: "Add routes for a document to a configuration, or paths for routes to a document",
		Long: `update compares an OpenAPI document with the routes of a configuration and adds what the
configuration lacks: a route for each prefix of the document's paths, methods that a route does not
list, and openapi. With --from-routes it adds to the document what it lacks instead: paths of the
routes, and methods. FILE is made then if there is none.

It only adds. What stands in the file stays as it is, comments and order included. Nothing is
written without --write: it says what it would add. A route that the document has nothing for is
told and left alone.`,
		Example: `  gateway spec update --spec openspec/users.yaml --config gateway.yaml --cluster users
  gateway spec update --spec openspec/users.yaml --config gateway.yaml --cluster users --write
  gateway spec update --from-routes --spec openspec/all.yaml --config gateway.yaml --write`,
		Args: exactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			modes := []string{"off", "shadow", "enforce", noContract}
			switch {
			case f.spec == "":
				return usage(c, "--spec is missing")
			case !slices.Contains(modes, f.contract):
				return usage(c, "--contract is %q; it must be %s", f.contract,
					strings.Join(modes, ", "))
			case f.fromRoutes && (f.cluster != "" || len(f.hosts) > 0 ||
				c.Flags().Changed("contract")):
				return usage(c, "--cluster, --host and --contract are for routes; "+
					"--from-routes adds to the document")
			}
			return a.specUpdate(&f)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.spec, "spec", "", "the OpenAPI document, a `file`")
	flags.StringVar(&f.config, "config", "", "the configuration, a `file`")
	flags.StringVar(&f.cluster, "cluster", "", "the `name` of the cluster that new routes lead to")
	flags.StringArrayVar(&f.hosts, "host", nil,
		"a `host` of new routes; may come again; none is any host")
	flags.StringVar(&f.contract, "contract", "shadow",
		"what new routes do about messages that are not as described: off, shadow, enforce, or "+
			"none for routes without openapi")
	flags.BoolVar(&f.fromRoutes, "from-routes", false,
		"add paths of routes to the document instead")
	flags.BoolVar(&f.write, "write", false, "write the file")
	jsonFlag(c, &f.json)
	for _, name := range []string{"spec", "config"} {
		_ = c.RegisterFlagCompletionFunc(name, files)
	}
	return c
}

func (a *app) specUpdate(f *specUpdate) error {
	source, err := a.resolve(f.config, true)
	if err != nil {
		return invalid(err)
	}
	if source.Path == "" {
		return fmt.Errorf("%w: there is no configuration file; name one (--config)", errInvalid)
	}
	if f.fromRoutes {
		return a.pathsFromRoutes(f, source)
	}
	return a.routesFromSpec(f, source)
}

func (a *app) routesFromSpec(f *specUpdate, source config.Source) error {
	d, err := openDocument(f.spec)
	if err != nil {
		return err
	}
	old, err := filesystem.Read(source.Path, filesystem.Most)
	if err != nil {
		return err
	}
	o := specedit.Options{
		Spec: beside(source.Path, f.spec), File: f.spec, Cluster: f.cluster, Hosts: f.hosts,
	}
	if f.contract != noContract {
		o.Requests, o.Responses = f.contract, f.contract
	}
	text, changes, err := specedit.Routes(old, source.Document.Revealed(), d, o)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", errInvalid, source.Path, err)
	}
	// what was added has to mean what it was meant to
	options := config.Options{Running: true, Elsewhere: true}
	if _, ps := options.Decode(source.Path, text); len(ps) > 0 && len(text) > len(old) {
		a.err.Printf("%s would not be valid any more; nothing was written\n", source.Path)
		return ps.Err()
	}
	return a.finishUpdate(f, source.Path, old, text, changes)
}

func (a *app) pathsFromRoutes(f *specUpdate, source config.Source) error {
	old, err := filesystem.Read(f.spec, document.MaxBytes)
	if errors.Is(err, fs.ErrNotExist) {
		old, err = nil, nil
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errInvalid, err)
	}
	if len(old) > 0 { // what is no document is not added to
		if _, err := openDocument(f.spec); err != nil {
			return err
		}
	}
	routes := source.Document.Revealed().Routes
	mine := slices.DeleteFunc(slices.Clone(routes), func(r config.Route) bool {
		return r.OpenAPI == nil || !sameFile(r.OpenAPI.Spec, f.spec)
	})
	if len(mine) == 0 { // none names the document: it is for those that name no other
		mine = slices.DeleteFunc(slices.Clone(routes), func(r config.Route) bool {
			return r.OpenAPI != nil
		})
	}
	text, changes, err := specedit.Paths(old, mine)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", errInvalid, f.spec, err)
	}
	return a.finishUpdate(f, f.spec, old, text, changes)
}

// beside is a path as a file has it that stands beside.
func beside(file, path string) string {
	x, errX := filepath.Abs(filepath.Dir(file))
	y, errY := filepath.Abs(path)
	if errX != nil || errY != nil {
		return path
	}
	rel, err := filepath.Rel(x, y)
	if err != nil {
		return y
	}
	return filepath.ToSlash(rel)
}

func sameFile(a, b string) bool {
	x, errX := filepath.Abs(a)
	y, errY := filepath.Abs(b)
	return errX == nil && errY == nil && x == y
}

func (a *app) finishUpdate(
	f *specUpdate, file string, old, text []byte, changes []specedit.Change,
) error {
	differs := string(old) != string(text)
	if differs && f.write {
		if err := replaceFile(file, text); err != nil {
			return err
		}
	}
	if f.json {
		if changes == nil {
			changes = []specedit.Change{}
		}
		return a.out.JSON(updated{file, differs && f.write, changes})
	}
	styles := map[string]terminal.Style{
		specedit.Added: terminal.Green, specedit.Changed: terminal.Yellow,
		specedit.Left: terminal.Red, specedit.Unused: terminal.Red,
	}
	for _, c := range changes {
		a.out.Printf("%-8s %s", a.out.Paint(styles[c.What], c.What), c.Route)
		if c.About != "" {
			a.out.Printf(": %s", c.About)
		}
		a.out.Printf("\n")
	}
	switch {
	case !differs:
		a.out.Printf("%s has all of it\n", file)
	case f.write:
		a.out.Printf("%s was written\n", file)
	default:
		a.out.Printf("\n%s, with --write:\n", file)
		a.printAdditions(string(old), string(text))
	}
	return nil
}

// printAdditions prints the lines that differ between a text and the same with additions.
func (a *app) printAdditions(old, text string) {
	was, is := strings.Split(old, "\n"), strings.Split(text, "\n")
	for i, j := 0, 0; j < len(is); {
		switch {
		case i < len(was) && was[i] == is[j]:
			i, j = i+1, j+1
		case i < len(was) && was[i] != "" && !slices.Contains(is[j:], was[i]):
			a.out.Printf("  %s\n", a.out.Paint(terminal.Red, "- "+was[i]))
			a.out.Printf("  %s\n", a.out.Paint(terminal.Green, "+ "+is[j]))
			i, j = i+1, j+1
		default:
			a.out.Printf("  %s\n", a.out.Paint(terminal.Green, "+ "+is[j]))
			j++
		}
	}
}

// replaceFile puts a text in the place of a file's, whole or not at all. Links stay links.
func replaceFile(path string, text []byte) error {
	mode := fs.FileMode(0o644)
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".gateway-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(mode), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // it is of no use to anybody
	}
	return err
}
