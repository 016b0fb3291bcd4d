package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/program"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/adminclient"
)

// askTimeout is how long an answer of the admin API may take.
const askTimeout = 5 * time.Second

// remote is the flags of the verbs that ask a running gateway.
type remote struct {
	admin, config, token string
	timeout              time.Duration
	json                 bool
}

// remoteFlags defines them.
func remoteFlags(c *cobra.Command) *remote {
	r := &remote{}
	c.Args = noArgs
	program.TextFlag(c.Flags(), &r.admin, "admin",
		"the `address` of the admin API (default: "+program.EnvAdmin+", else admin.address of "+
			"--config, else "+config.DefaultAdminAddress+")")
	program.TextFlag(c.Flags(), &r.config, "config",
		"the configuration `file` of the gateway to ask, for its admin.address and admin.token")
	c.Flags().StringVar(&r.token, "token", "",
		"the `token` of the admin API; others can see it in the list of processes, so better set "+
			adminclient.EnvToken)
	c.Flags().DurationVar(&r.timeout, "timeout", askTimeout,
		"the `duration` an answer may take at most")
	jsonFlag(c, &r.json)
	_ = c.RegisterFlagCompletionFunc("config", files)
	return r
}

// client returns a client for the gateway that the flags name.
func (a *app) client(c *cobra.Command, r *remote) (*adminclient.Client, error) {
	address, token := config.DefaultAdminAddress, a.Env(adminclient.EnvToken)
	program.Fill(&r.admin, a.Env(program.EnvAdmin))
	var veil *config.Veil
	reference := ""
	if r.config != "" && (r.admin == "" || r.token == "" && token == "") {
		source, err := a.resolve(r.config, true)
		if err != nil {
			a.err.Printf("gateway: the configuration is needed for the address of the admin API; " +
				"--admin ADDR does without it\n")
			return nil, invalid(err)
		}
		reference, veil = source.Document.Admin.Address, source.Document.Veil()
		address = source.Document.Secret(reference)
		if token == "" {
			token = source.Document.Secret(source.Document.Admin.Token)
		}
	}
	if r.admin != "" {
		address, reference = r.admin, ""
	}
	if r.token != "" {
		token = r.token
	}
	if r.timeout <= 0 {
		return nil, usage(c, "--timeout is %v; it must be more than nothing", r.timeout)
	}
	address, err := adminclient.ParseAddress(address)
	if err != nil {
		return nil, usageError{veil.Error(err), c.CommandPath()}
	}
	return adminclient.New(address, token, r.timeout).As(config.Unsecret(reference, address)), nil
}

// asking runs a question with a sign of life.
func asking[T any](
	ctx context.Context, a *app, what string, client *adminclient.Client,
	ask func(context.Context) (T, error),
) (T, error) {
	done := a.err.Progress(what + " at " + client.Address())
	defer done()
	return ask(ctx)
}

// human returns a duration as people say it: its two largest parts.
func human(d time.Duration) string {
	switch s := int(d.Seconds()); {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 24*3600:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	default:
		return fmt.Sprintf("%dd%02dh", s/(24*3600), s/3600%24)
	}
}

// ms returns milliseconds as the API has them.
func ms(v float64) string { return human(time.Duration(v * float64(time.Millisecond))) }
