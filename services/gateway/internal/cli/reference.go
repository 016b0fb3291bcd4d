package cli

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Reference returns the page docs/cli.md: every command with its flags, from the tree that is run.
func Reference() string {
	a := newApp(Options{Env: func(string) string {
		return ""
	}, Stdout: io.Discard, Stderr: io.Discard})
	root := a.root()
	var b strings.Builder
	b.WriteString("# The command line\n\n" +
		"<!-- Generated from services/gateway by \"go test ./services/gateway/internal/cli " +
		"-update\"; do not edit. -->\n\n" +
		root.Long + "\n\n| command | |\n|---|---|\n")
	walk(root, func(c *cobra.Command) {
		if !c.HasSubCommands() {
			b.WriteString("| [`" + c.CommandPath() + "`](#" +
				strings.ReplaceAll(c.CommandPath(), " ", "-") + ") | " + c.Short + " |\n")
		}
	})
	b.WriteString("\nEvery command takes `--help`, and these:\n")
	writeFlags(&b, root.PersistentFlags())
	walk(root, func(c *cobra.Command) {
		if c.HasSubCommands() {
			return
		}
		b.WriteString("\n## " + c.CommandPath() + "\n\n" + c.Short + ".\n\n```text\n" +
			c.UseLine() + "\n```\n\n" + indentCode(c.Long) + "\n")
		writeFlags(&b, c.LocalNonPersistentFlags())
		b.WriteString("\n```sh\n" +
			strings.ReplaceAll(strings.TrimPrefix(c.Example, "  "), "\n  ", "\n") + "\n```\n")
	})
	return b.String()
}

// walk visits the commands that are listed, parents first.
func walk(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			walk(sub, visit)
		}
	}
}

// indentCode makes Markdown code of the lines of a help text that are indented by two.
func indentCode(text string) string { return strings.ReplaceAll(text, "\n  ", "\n    ") }

func writeFlags(b *strings.Builder, flags *pflag.FlagSet) {
	heading := "\n| flag | |\n|---|---|\n"
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		value, text := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if value != "" {
			name += " " + strings.ToUpper(value)
		}
		if f.DefValue != "" && f.DefValue != "false" && !strings.Contains(text, "default") {
			text += " (default: " + f.DefValue + ")"
		}
		b.WriteString(heading + "| `" + name + "` | " + text + " |\n")
		heading = ""
	})
}

// CommandPaths returns every command that is listed, the binary's name first, for tests.
func CommandPaths() []string {
	var paths []string
	a := newApp(Options{Env: func(string) string {
		return ""
	}, Stdout: io.Discard, Stderr: io.Discard})
	walk(a.root(), func(c *cobra.Command) { paths = append(paths, c.CommandPath()) })
	return paths
}
