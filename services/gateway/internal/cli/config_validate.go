package cli

import (
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// validated is one file of config validate --json.
type validated struct {
	File      string `json:"file"`
	Overlay   string `json:"overlay,omitempty"`
	Valid     bool   `json:"valid"`
	Digest    string `json:"digest,omitempty"`
	Listeners int    `json:"listeners"`
	Clusters  int    `json:"clusters"`
	Routes    int    `json:"routes"`
}

// validation is the body of config validate --json.
type validation struct {
	Valid    bool             `json:"valid"`
	Files    []validated      `json:"files"`
	Problems []config.Problem `json:"problems"` // of all files
	Warnings []config.Problem `json:"warnings"` // of the valid files
}

func (a *app) validateCommand() *cobra.Command {
	var asJSON, strict bool
	c := &cobra.Command{
		Use:   "validate [FILE...]",
		Short: "Check configurations and report all that is wrong with them",
		Long: `validate runs what a service runs before it starts, up to building the plan of its routes, and prints every problem of
every file: file, line, column, what is wrong, and what to do. The overlay that GATEWAY_ENV names is laid over each file.

FILE may be - for standard input. Without FILE it checks what a service would run with: GATEWAY_CONFIG, else
` + config.Searched() + `.
The exit code is 2 when there are problems. A file without problems may have warnings, whose codes begin with W_: what is
hardly meant, such as a cluster that nothing refers to. They leave the exit code at 0, or with --strict make it 2.

What goes stale, such as a certificate that has expired, is a problem here too,
so that a pipeline sees it; a service warns of it, and starts and reloads all the same (docs/tls.md). What only the machine
knows is left to the start: whether an address can be listened on, and whether a log can be written.`,
		Example: `  gateway config validate gateway.yaml
  GATEWAY_ENV=production gateway config validate config/default.yaml
  gateway config validate --strict gateway.yaml
  gateway config validate --json *.yaml | jq -r '.problems[].code'`,
		ValidArgsFunction: files,
		RunE: func(c *cobra.Command, args []string) error {
			if slices.Contains(args, "") {
				return usage(c, "%s: the name of a file is empty", c.CommandPath())
			}
			if len(args) == 0 {
				// A file that can't be read is reported below, by name.
				if source, err := a.resolve("", true); err == nil && source.Embedded() {
					return usage(c, "there is nothing to check: name a FILE, or set %s",
						config.EnvConfig)
				}
				args = []string{""}
			}
			return a.validate(args, asJSON, strict)
		},
	}
	jsonFlag(c, &asJSON)
	c.Flags().BoolVar(&strict, "strict", false, "take warnings for problems: the exit code is 2")
	return c
}

func (a *app) validate(paths []string, asJSON, strict bool) error {
	all := validation{Valid: true, Files: []validated{}, Problems: []config.Problem{},
		Warnings: []config.Problem{}}
	bad := 0
	for _, path := range paths {
		v, problems, warnings := a.check(path)
		v.Valid = v.Valid && (!strict || len(warnings) == 0)
		all.Files = append(all.Files, v)
		all.Problems = append(all.Problems, problems...)
		all.Warnings = append(all.Warnings, warnings...)
		if !v.Valid {
			all.Valid = false
			bad++
		}
		if asJSON {
			continue
		}
		printProblems(a.out, problems)
		printProblems(a.out, warnings)
		if v.Valid {
			name := v.File
			if v.Overlay != "" {
				name += " with " + v.Overlay
			}
			a.out.Printf("%s: %s: %s, %s, %s, digest %s\n", name, a.out.Paint(terminal.Green, "ok"),
				plural(v.Listeners, "listener"), plural(v.Clusters, "cluster"),
				plural(v.Routes, "route"), short(v.Digest))
		}
	}
	if asJSON {
		if err := a.out.JSON(all); err != nil {
			return err
		}
	}
	if all.Valid {
		return nil
	}
	if !asJSON {
		what := plural(len(all.Problems), "problem")
		if n := len(all.Warnings); strict && n > 0 {
			what = plural(n, "warning") + ", which --strict takes for problems,"
			if len(all.Problems) > 0 {
				what = plural(len(all.Problems), "problem") + " and " + what
			}
		}
		a.err.Printf("%s in %s\n", what, plural(bad, "file"))
	}
	return errUsageSaid
}

// check loads one file.
func (a *app) check(path string) (v validated, problems, warnings config.Problems) {
	done := a.err.Progress("checking " + path)
	source, p, err := a.load(path, false)
	done()
	v = validated{File: path}
	switch {
	case source.Input:
		v.File, v.Overlay = source.String(), source.Overlay
	case source.Path != "":
		v.File, v.Overlay = source.Path, source.Overlay
	}
	switch {
	case err == nil:
		d := source.Document
		warnings = d.Cautions()
		v.Valid, v.Digest = true, p.Digest
		v.Listeners, v.Clusters, v.Routes = len(d.Listeners), len(d.Clusters), len(d.Routes)
	case errors.As(err, &problems):
	default:
		problems = config.Problems{{File: path, Code: config.CodeRead, Message: withoutMark(err)}}
	}
	return v, problems, warnings
}
