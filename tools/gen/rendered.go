package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// rendered are the pages and documents that packages render from their own tables: a test of each
// compares, and writes with -update. They are run in this order, each by a go command of its own,
// since the last embeds what the first has written.
var rendered = []struct{ dir, run, what string }{
	{
		"docs",
		"TestErrorsPageIsTheCatalogue|TestConfigurationPageHasEveryKey|" +
			"TestTheRelaysPageHasEveryReason|TestTheMetricsPageIsTheCatalogue",
		"docs/errors.md, docs/configuration.md, docs/relay.md and docs/metrics.md",
	},
	{
		"openspec", "TestErrorsAreTheCatalogue|TestTheSchemaIsTheModel",
		"openspec/errors.yaml and openspec/gateway.schema.json",
	},
	{
		"tools/dashboards", "TestTheFilesAreTheTables",
		"examples/observability/edge.json, relay.json and fleet.json",
	},
	{"services/gateway/internal/cli", "TestThePageIsTheCommandTree", "docs/cli.md"},
}

// render has everything in rendered written anew.
func render(ctx context.Context, root string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	for _, r := range rendered {
		cmd := exec.CommandContext(ctx, "go", "test", "./"+r.dir, "-run", "^("+r.run+")$",
			"-count=1",
			"-update")
		cmd.Dir, cmd.Env = root, os.Environ()
		if text, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("write %s: %w\n%s", r.what, err, text)
		}
	}
	return nil
}
