package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/syncclient"
)

// signing is how a configuration is signed; without a key it is not.
type signing struct{ key, fleet string }

func (s *signing) bind(c *cobra.Command) {
	c.Flags().StringVar(&s.key, "sign-key", "", "the PEM `file` of an Ed25519 key to sign with")
	c.Flags().StringVar(&s.fleet, "fleet", "",
		"the `name` that the signature is for, as config_sync.fleet of the nodes")
	_ = c.RegisterFlagCompletionFunc("sign-key", files)
}

// sign asks config-sync for what comes next, and signs a digest for it.
func (s *signing) sign(
	ctx context.Context, client *syncclient.Client, f *syncFlags, digest string,
) (out syncclient.Signature, err error) {
	if s.key == "" {
		return out, nil
	}
	status, err := within(ctx, f.timeout,
		func(ctx context.Context) (*configpb.StatusResponse, error) {
			return client.Status(ctx, &configpb.StatusRequest{})
		})
	if err != nil {
		return out, client.Explain(err)
	}
	if out, err = syncclient.Sign(s.key, s.fleet, digest, status); err != nil {
		return out, fmt.Errorf("--sign-key: %w", err)
	}
	return out, nil
}
