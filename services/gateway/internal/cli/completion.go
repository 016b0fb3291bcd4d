package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) completionCommand() *cobra.Command {
	shells := []cobra.Completion{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print the script that completes this command in a shell",
		Long: `completion prints a script for bash, zsh, fish or powershell that completes verbs, flags, files and names.

  bash        gateway completion bash > ~/.local/share/bash-completion/completions/gateway
  zsh         gateway completion zsh > "${fpath[1]}/_gateway"
  fish        gateway completion fish > ~/.config/fish/completions/gateway.fish
  powershell  gateway completion powershell | Out-String | Invoke-Expression`,
		Example:           "  source <(gateway completion bash)",
		ValidArgsFunction: cobra.FixedCompletions(shells, cobra.ShellCompDirectiveNoFileComp),
		Args:              exactArgs("SHELL (" + strings.Join(shells, ", ") + ")"),
		RunE: func(c *cobra.Command, args []string) error {
			switch root := c.Root(); args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.Stdout, true)
			case "zsh":
				return root.GenZshCompletion(a.Stdout)
			case "fish":
				return root.GenFishCompletion(a.Stdout, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(a.Stdout)
			}
			return usage(c, "there is no completion for %q%s", args[0],
				suggest(args[0], slices.Clone(shells), "; the shells are "))
		},
	}
}
