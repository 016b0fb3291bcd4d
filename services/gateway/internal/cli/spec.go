package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/apidoc"
)

func (a *app) specCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "spec",
		Short: "Make, keep up and test OpenAPI documents",
		Long: `The verbs of spec work with OpenAPI documents (3.0 and 3.1): they hold an upstream against
one, make one of a configuration or of an access log, and keep the routes of a configuration and a
document together. A document means here what it means at the edge: the same code reads it.`,
		Example: "  gateway spec test --spec users.yaml --target http://127.0.0.1:9001",
		Args:    cobra.ArbitraryArgs,
		RunE:    a.group,
	}
	c.AddCommand(a.specTestCommand(), a.specGenerateCommand(), a.specUpdateCommand())
	return c
}

// openDocument reads an OpenAPI document. What is wrong with it is said with its places, and ends
// with the exit code of a wrong configuration.
func openDocument(path string, base ...string) (*apidoc.Document, error) {
	d, err := apidoc.Load(path, strings.Join(base, ""))
	var problems openapi.Problems
	if errors.As(err, &problems) && len(problems) > mostProblems {
		more := len(problems) - mostProblems
		return nil, fmt.Errorf("%w: %w\nand %s more", errInvalid, problems[:mostProblems],
			plural(more, "problem"))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errInvalid, err)
	}
	return d, nil
}

// mostProblems is how many problems of a document are printed.
const mostProblems = 20
