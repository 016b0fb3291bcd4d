package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// catalogued is one error of errors list --json.
type catalogued struct {
	Code    string      `json:"code"`
	Status  int         `json:"status"`
	GRPC    int         `json:"grpc_status"`
	Header  string      `json:"header,omitempty"`
	Fault   gwerr.Fault `json:"fault"`
	Summary string      `json:"summary"`
	Cause   string      `json:"cause"`
	Action  string      `json:"action"`
}

func (a *app) errorsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "errors",
		Short: "Explain the errors that the gateway answers with",
		Long: "Every error that the gateway itself answers with has a stable code that " +
			"begins with GW_.",
		Example: "  gateway errors list GW_UPSTREAM_CONNECT",
		Args:    cobra.ArbitraryArgs,
		RunE:    a.group,
	}
	c.AddCommand(a.errorsListCommand())
	return c
}

func (a *app) errorsListCommand() *cobra.Command {
	var asJSON bool
	var codes []cobra.Completion
	var names []string
	for _, e := range gwerr.All() {
		codes, names = append(codes, cobra.CompletionWithDesc(e.Name, e.Summary)),
			append(names, e.Name)
	}
	c := &cobra.Command{
		Use:   "list [CODE...]",
		Short: "List the errors, or explain some",
		Long: `list prints the code, the HTTP status, the meaning of each error, and what to do about it. With CODE it explains those,
their usual cause included.`,
		Example: `  gateway errors list
  gateway errors list GW_UPSTREAM_CONNECT
  gateway errors list --json | jq -r '.[] | select(.fault == "upstream").code'`,
		ValidArgsFunction: cobra.FixedCompletions(codes, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(c *cobra.Command, args []string) error {
			chosen := gwerr.All()
			if len(args) > 0 {
				chosen = chosen[:0]
			}
			for _, name := range args {
				code, ok := gwerr.Parse(strings.ToUpper(name))
				if !ok {
					return usage(c, "there is no error %q%s", name,
						suggest(strings.ToUpper(name), names, ""))
				}
				chosen = append(chosen, code.Info())
			}
			return a.listErrors(chosen, len(args) > 0, asJSON)
		},
	}
	jsonFlag(c, &asJSON)
	return c
}

func (a *app) listErrors(errors []gwerr.Info, whole, asJSON bool) error {
	if asJSON {
		all := make([]catalogued, len(errors))
		for i, e := range errors {
			all[i] = catalogued{
				Code: e.Name, Status: e.Status, GRPC: e.GRPC, Header: e.Header, Fault: e.Fault,
				Summary: e.Summary, Cause: e.Cause, Action: e.Action,
			}
		}
		return a.out.JSON(all)
	}
	if !whole {
		t := a.out.Table("", "CODE", ">STATUS", "MEANING", "WHAT TO DO")
		for _, e := range errors {
			t.Row(e.Name, e.Status, e.Summary, e.Action)
		}
		t.Write()
		return nil
	}
	for i, e := range errors {
		if i > 0 {
			a.out.Printf("\n")
		}
		a.out.Printf("%s  status %d, gRPC status %d", a.out.Paint(terminal.Bold, e.Name), e.Status,
			e.GRPC)
		if e.Header != "" {
			a.out.Printf(", with the field %s", e.Header)
		}
		a.out.Printf("\n  %s\n  why:         %s\n  what to do:  %s\n  who can act: %s\n", e.Summary,
			e.Cause, e.Action, string(e.Fault))
	}
	return nil
}
