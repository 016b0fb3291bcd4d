package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/apidoc"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/specdraft"
)

// specGenerate are the flags of spec generate.
type specGenerate struct {
	config, log, title string
	only               specdraft.Filter
	json               bool
}

func (a *app) specGenerateCommand() *cobra.Command {
	var f specGenerate
	c := &cobra.Command{
		Use:   "generate",
		Short: "Write an OpenAPI document of a configuration's routes, or of an access log",
		Long: `generate writes one OpenAPI 3.1 document with the operations of all routes of a configuration: those
that their own documents (routes[].openapi) describe, with their schemas, and for a route without
one what the configuration says. Without --config it takes the configuration that a service would
run with. What can't be taken in is told on stderr.

With --log it writes a skeleton of what an access log shows: paths, with identifiers as parameters,
methods and statuses. Answers of the gateway itself don't count, and neither do paths that were
never found. The document goes to stdout.`,
		Example: `  gateway spec generate --config gateway.yaml > catalogue.yaml
  gateway spec generate --log access.jsonl --host api.example.com > skeleton.yaml
  zcat access.jsonl.*.gz | gateway spec generate --log - --route users`,
		Args: exactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("log") {
				return a.skeleton(c.Context(), c, &f)
			}
			for _, name := range []string{"host", "route", "title"} {
				if c.Flags().Changed(name) {
					return usage(c, "--%s is for --log", name)
				}
			}
			return a.catalogue(&f)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.config, "config", "", "the configuration, a `file`")
	flags.StringVar(&f.log, "log", "",
		"make a skeleton of this access log, a `file` or - for standard input")
	flags.StringVar(&f.only.Host, "host", "", "with --log: only requests for this `host`")
	flags.StringVar(&f.only.Route, "route", "", "with --log: only requests of this `route`")
	flags.StringVar(&f.title, "title", "Skeleton", "with --log: the `title` of the document")
	flags.BoolVar(&f.json, "json", false, "write the document as JSON")
	_ = c.RegisterFlagCompletionFunc("config", files)
	return c
}

func (a *app) skeleton(ctx context.Context, c *cobra.Command, f *specGenerate) error {
	if f.log == "" {
		return usage(c, "--log: the name of the log is empty")
	}
	if f.config != "" {
		return usage(c, "--log and --config are two ways; name one")
	}
	log, end, err := a.openLog(f.log)
	if err != nil {
		return fmt.Errorf("%w: %w", errInvalid, err)
	}
	defer end()
	done := a.err.Progress("reading " + f.log)
	doc, counts, err := specdraft.Skeleton(ctx, log, f.only, f.title)
	done()
	if err != nil {
		return fmt.Errorf("%s: %w", f.log, err)
	}
	if counts.Bad > 0 && counts.Requests+counts.Own+counts.Left+counts.NotFound == 0 {
		return fmt.Errorf("%s is no access log of the gateway: all of its %s are bad", f.log,
			plural(counts.Bad, "line"))
	}
	if err := a.writeSpec(doc, f.json); err != nil {
		return err
	}
	operations, paths := specdraft.Summary(doc)
	a.err.Printf("%s of %s, from %s\n", plural(operations, "operation"), plural(paths, "path"),
		plural(counts.Requests, "request"))
	if counts.NotFound > 0 {
		a.err.Printf("left out: %s with status 404 or 405 of paths that had no other before\n",
			plural(counts.NotFound, "request"))
	}
	if counts.Bad > 0 {
		a.err.Printf("left out: %s not of an access log, the first is line %d\n",
			plural(counts.Bad, "line"), counts.FirstBad)
	}
	return nil
}

func (a *app) catalogue(f *specGenerate) error {
	source, err := a.resolve(f.config, true)
	if err != nil {
		return invalid(err)
	}
	if ps := source.Document.Warnings(); len(ps) > 0 {
		printProblems(a.err, ps)
	}
	doc, notes, err := specdraft.Catalogue(source.Document.Revealed(),
		func(spec string) (*apidoc.Document, error) {
			return openDocument(spec)
		})
	if err != nil {
		return err
	}
	if err := a.writeSpec(doc, f.json); err != nil {
		return err
	}
	for _, note := range notes {
		a.err.Printf("%s\n", note)
	}
	return nil
}

// writeSpec writes an OpenAPI document to stdout.
func (a *app) writeSpec(n *yaml.Node, asJSON bool) error {
	data, err := specdraft.YAML(n)
	if err != nil {
		return err
	}
	if asJSON {
		var v any
		if err := n.Decode(&v); err != nil {
			return err
		}
		if data, err = json.MarshalIndent(v, "", "  "); err != nil {
			return err
		}
		data = append(data, '\n')
	}
	a.out.Lines(string(data))
	return nil
}
